import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { isObject, packageVersion, readJsonObject } from '../bootstrap/json.mjs';
import { fail, log } from '../bootstrap/log.mjs';
import { bundleLibraries, ensureNative } from '../bootstrap/native.mjs';
import { modules, root } from '../bootstrap/paths.mjs';
import { libraryOf } from '../package/components.mjs';
import { writeNotices } from '../package/write-lists.mjs';
import { tools } from './steps.mjs';

// usage: npm run build:engine [-- FOLDER [--no-types]]
// Builds the Node package `coto-engine` in release/coto-engine or FOLDER: one module of the engine's public interface, its
// types, the native kernels of this system, and a model and a dataset for the example. `npm pack FOLDER` makes its tarball.
const folder = process.argv[2] ?? join(root, 'release', 'coto-engine');
const entry = 'src-main/engine/index.ts';
/** Packages that the engine uses where they are installed. Their install scripts download gigabytes. */
const onRequest = ['@tensorflow/tfjs-node-gpu'];
const assets = ['models/quickdraw-vit', 'data/font-letters'];

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const imported = await bundle();
if (!process.argv.includes('--no-types')) writeTypes();
await ensureNative();
copyKernels();
for (const name of ['README.md', 'example.mjs'])
  copyFileSync(join(root, 'scripts', 'engine-package', name), join(folder, name));
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
for (const asset of assets)
  cpSync(join(root, 'assets', asset), join(folder, 'assets', asset), {
    recursive: true,
    filter: (file) => !file.endsWith('expected.safetensors'),
  });
writeManifest();
log(`built ${relative(process.cwd(), folder) || '.'}: ${(sizeOf(folder) / 1e6).toFixed(1)} MB`);

/**
 * Bundles the engine into one module. Packages stay imports.
 * @returns {Promise<string[]>} the imported packages
 */
async function bundle() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(folder, 'index.js'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node24',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    define: { BUILD_COMMIT: 'null' },
  });
  const [output] = Object.values(metafile.outputs);
  const names = (output?.imports ?? []).flatMap(({ path, external }) =>
    external && !path.startsWith('node:')
      ? [
          path
            .split('/')
            .slice(0, path.startsWith('@') ? 2 : 1)
            .join('/'),
        ]
      : [],
  );
  const foreign = Object.keys(metafile.inputs).filter(
    (path) => !/^src-(shared|main\/(engine|files|archive))\//.test(path),
  );
  if (foreign.length > 0) fail(`The engine reaches ${foreign.join(', ')}, which its package must not contain.`);
  return [...new Set(names)].filter((name) => !onRequest.includes(name)).sort();
}

/** Emits the declarations, and keeps those that the interface refers to. */
function writeTypes() {
  const all = join(folder, 'all-types');
  const config = join(folder, 'tsconfig.json');
  const options = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: all, rootDir: root };
  const files = [entry, 'src-main/web-assembly.d.ts'].map((file) => join(root, file));
  const typeRoots = [join(modules, '@types')];
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'src-main', 'tsconfig.json'),
      compilerOptions: { ...options, typeRoots },
      files,
      include: [],
    }),
  );
  // Types are checked by `npm run typecheck`. Declarations that the interface does not refer to may have errors.
  const { stdout } = spawnSync(process.execPath, [tools.tsc, '-p', config, '--pretty', 'false'], { encoding: 'utf8' });
  const kept = new Set([entry.replace(/\.ts$/, '.d.ts')]);
  for (const file of kept) {
    const errors = stdout.split('\n').filter((line) => line.includes(`${file.replace(/\.d\.ts$/, '.ts')}(`));
    if (errors.length > 0 || !existsSync(join(all, file)))
      fail(`The declarations of ${file} cannot be written: ${errors.join(' ') || stdout}`);
    const text = readFileSync(join(all, file), 'utf8');
    const resolved = text.replace(/(from |import\()(["'])(\.{1,2}\/[^"']+)\.ts\2/g, (_, before, quote, path) => {
      kept.add(join(dirname(file), `${path}.d.ts`));
      return `${before}${quote}${path}.js${quote}`;
    });
    mkdirSync(join(folder, 'types', dirname(file)), { recursive: true });
    writeFileSync(join(folder, 'types', file), resolved);
  }
  rmSync(all, { recursive: true });
  rmSync(config);
}

/** Copies the addon, which is compiled for this system, with the libraries that it links and their licenses. */
function copyKernels() {
  const name = 'coto-native.node';
  const addon = join(root, 'dist', 'native', name);
  if (!existsSync(addon)) {
    log('the package has no native kernels: WebAssembly computes in their place');
    return;
  }
  const to = join(folder, 'native', `${process.platform}-${process.arch}`);
  mkdirSync(to, { recursive: true });
  copyFileSync(addon, join(to, name));
  const libraries = bundleLibraries(to);
  for (const file of readdirSync(to)) chmodSync(join(to, file), 0o755);
  writeNotices(join(folder, 'THIRD-PARTY-NOTICES.txt'), libraries.map(libraryOf), 'The package coto-engine');
}

/** Writes package.json. Versions are those of the root package, whose lock file the engine is tested with. */
function writeManifest() {
  const { license, author, dependencies, optionalDependencies } = readJsonObject(join(root, 'package.json'));
  /** @type {(versions: unknown) => Record<string, unknown>} */
  const usedOf = (versions) =>
    Object.fromEntries(Object.entries(isObject(versions) ? versions : {}).filter(([name]) => imported.includes(name)));
  const manifest = {
    name: 'coto-engine',
    version: packageVersion(root),
    description:
      'Train, merge, prune and evaluate LoRA adapters in Node.js, with the CoTo schedule: the engine of CoTo Studio.',
    license,
    author,
    type: 'module',
    engines: { node: `>=${packageVersion(join(modules, 'node')).split('.')[0]}` },
    exports: {
      '.': { types: `./types/${entry.replace(/\.ts$/, '.d.ts')}`, default: './index.js' },
      './assets/*': './assets/*',
      './package.json': './package.json',
    },
    dependencies: usedOf(dependencies),
    optionalDependencies: usedOf(optionalDependencies),
  };
  const versioned = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const missing = imported.filter((name) => !(name in versioned));
  if (missing.length > 0)
    fail(`The engine imports ${missing.join(', ')}, which package.json does not list for the app.`);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * @param {string} path
 * @returns {number} bytes of all files
 */
function sizeOf(path) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}
