import { createHash } from 'node:crypto';
import {
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
import { join } from 'node:path';
import { log } from './bootstrap/log.mjs';
import { ensureNative } from './bootstrap/native.mjs';
import { modules, root } from './bootstrap/paths.mjs';
import { lazyTfjs } from './lazy-tfjs.mjs';
import { carriedPackages } from './package/packages.mjs';

const always = ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts/build.mjs', 'scripts/lazy-tfjs.mjs'];

/** Build targets: the sources that decide if the output is up to date, the output, and the build step. */
const targets = {
  main: {
    inputs: ['src-main', 'src-shared', 'bench'],
    outputs: ['shell', 'printer', 'archive', 'modules', 'backend', 'engine', 'cli'],
    build: buildMain,
  },
  report: {
    // The shared code writes figures for LaTeX with that of tables.
    inputs: ['src-renderer/plots', 'src-shared', 'assets/fonts'],
    outputs: ['report'],
    build: buildReport,
  },
  renderer: {
    inputs: ['src-renderer', 'src-shared', 'src-main/backend/reports', 'assets/fonts', 'docs', 'vite.config.ts'],
    outputs: ['renderer'],
    build: buildRenderer,
  },
};

/**
 * Builds the named targets whose sources changed since they were last built.
 * @param {(keyof typeof targets)[]} names
 * @param {{ force?: boolean }} options
 */
export async function ensureBuild(names, { force = false } = {}) {
  if (names.includes('main')) await ensureNative({ force });
  for (const name of names) {
    const target = targets[name];
    const stampFile = join(root, 'dist', `.stamp-${name}`);
    const stamp = fingerprint([...always, ...target.inputs]);
    const present = target.outputs.every((output) => existsSync(join(root, 'dist', output)));
    if (!force && present && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) continue;
    const started = Date.now();
    rmSync(stampFile, { force: true });
    for (const output of target.outputs) rmSync(join(root, 'dist', output), { recursive: true, force: true });
    mkdirSync(join(root, 'dist'), { recursive: true });
    await target.build();
    writeFileSync(stampFile, stamp);
    log(`built ${name} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
}

/**
 * Names, sizes and times of all source files: a few hundred stats, so that an up-to-date start costs milliseconds.
 * @param {string[]} paths
 */
function fingerprint(paths) {
  const hash = createHash('sha256');
  /** @param {string} path */
  const visit = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    const stat = statSync(full);
    if (stat.isDirectory()) for (const entry of readdirSync(full).sort()) visit(`${path}/${entry}`);
    else hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const path of paths) visit(path);
  // The update settings of a release are built in.
  for (const name of ['COTO_UPDATE_PUBLIC_KEY', 'COTO_UPDATE_FEED']) hash.update(`${process.env[name] ?? ''}\n`);
  return hash.digest('hex');
}

/**
 * Messages of zod in fifty languages, half of what it is: nothing sets another language than English, and each start reads it.
 * @type {import('esbuild').Plugin}
 */
const englishAlone = {
  name: 'english-alone',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

async function buildMain() {
  const { build } = await import('esbuild');
  const { readCommit } = await import('../src-main/backend/studies/commit.ts');
  /** @satisfies {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    legalComments: 'none',
    // V8 keeps the text of what it runs, and one sign beyond Latin-1, as comments have them, doubles it. Lines stay, for traces.
    minifyWhitespace: true,
    lineLimit: 160,
    plugins: [englishAlone],
    // Results name this commit, even if the checkout moves on.
    define: { BUILD_COMMIT: JSON.stringify(await readCommit()) },
  };
  const updates = { key: process.env.COTO_UPDATE_PUBLIC_KEY ?? '', feed: process.env.COTO_UPDATE_FEED ?? '' };
  // The shell also runs on Electron's older embedded Node (20), and inside an archive: it carries all it needs.
  /** @satisfies {import('esbuild').BuildOptions} */
  const shell = {
    ...common,
    target: 'node20',
    format: 'cjs',
    external: ['electron', 'original-fs'],
    // The preload script parses few messages of each kind: zod's generated functions would cost more than they save.
    banner: { js: 'globalThis.__zod_globalConfig ??= { jitless: true };' },
    outExtension: { '.js': '.cjs' },
    define: { ...common.define, BUILD_UPDATES: JSON.stringify(updates) },
  };
  /** @satisfies {import('esbuild').BuildOptions} */
  const module = { ...common, format: 'esm', outExtension: { '.js': '.mjs' } };
  /** @satisfies {import('esbuild').BuildOptions} */
  const carrying = {
    ...module,
    packages: 'bundle',
    external: externalPackages(),
    plugins: [...common.plugins, lazyTfjs()],
    // A package of CommonJS asks for Node's own modules by `require`, which a module does not have.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  };
  await Promise.all([
    build({
      ...shell,
      outdir: 'dist/shell',
      entryPoints: {
        main: 'src-main/shell/main.ts',
        preload: 'src-main/shell/preload.ts',
      },
    }),
    build({ ...shell, outdir: 'dist/printer', entryPoints: { printer: 'src-main/shell/printer.ts' } }),
    build({
      ...module,
      outdir: 'dist/archive',
      entryPoints: { register: 'src-main/archive/register.ts', coto: 'src-main/archive/coto.ts' },
    }),
    // Shared code goes to chunks of its own.
    build({
      ...carrying,
      outdir: 'dist',
      splitting: true,
      chunkNames: 'modules/[name]-[hash]',
      entryPoints: {
        'backend/backend': 'src-main/backend/entry.ts',
        'backend/reader': 'src-main/backend/reader/entry.ts',
        'backend/home-mover': 'src-main/backend/home/move/entry.ts',
        'backend/check-worker': 'src-main/store/check-worker.ts',
        'engine/worker': 'src-main/engine/worker.ts',
        'engine/process': 'src-main/engine/process.ts',
        'engine/bench': 'src-main/bench/worker.ts',
        'engine/gpu-proof': 'src-main/bench/gpu/worker.ts',
        'engine/setup-tensorflow': 'src-main/engine/setup-tensorflow.ts',
        'cli/coto': 'src-main/cli/coto.ts',
      },
    }),
  ]);
  // Electron opens a folder, and asks it what it is called.
  const printer = { name: 'coto-studio-printer', version: '1.0.0', main: 'printer.cjs' };
  writeFileSync(join(root, 'dist', 'printer', 'package.json'), `${JSON.stringify(printer)}\n`);
  copyAddonSources(join(root, 'dist', 'engine', 'tensorflow-addon'));
  mkdirSync(join(root, 'dist', 'engine', 'peers'), { recursive: true });
  copyFileSync(
    join(root, 'src-main', 'bench', 'peers', 'pytorch.py'),
    join(root, 'dist', 'engine', 'peers', 'pytorch.py'),
  );
}

/** Packages that are no part of the built modules: they have files of their own beside their code, or are loaded on request. */
function externalPackages() {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...optionalDependencies })
    .filter((name) => !carriedPackages.includes(name))
    .flatMap((name) => [name, `${name}/*`]);
}

/**
 * The C++ of tfjs's addon for the opt-in setup of libtensorflow. Packed apps leave out files that end in .cc.
 * @param {string} folder
 */
function copyAddonSources(folder) {
  const binding = join(modules, '@tensorflow', 'tfjs-node-gpu', 'binding');
  if (!existsSync(binding)) {
    log('the optional package @tensorflow/tfjs-node-gpu is not installed: the app cannot set libtensorflow up');
    return;
  }
  mkdirSync(join(folder, 'binding'), { recursive: true });
  for (const name of readdirSync(binding))
    copyFileSync(join(binding, name), join(folder, 'binding', name.replace(/\.cc$/, '.cpp')));
  cpSync(join(modules, 'node-api-headers', 'include'), join(folder, 'include'), { recursive: true });
}

async function buildReport() {
  const { build } = await import('esbuild');
  /** @satisfies {import('esbuild').BuildOptions} */
  const script = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    logLevel: 'warning',
  };
  await build({
    ...script,
    globalName: 'Plotly',
    outfile: 'dist/report/plotly.min.js',
    entryPoints: ['src-renderer/plots/plotly-bundle.ts'],
    define: { global: 'globalThis' },
    // Only the style of maps, which the app does not draw.
    loader: { '.css': 'empty' },
    // A bundle made of a default export: `Plotly` itself shall be the global, not its module.
    footer: { js: 'Plotly=Plotly.default??Plotly;' },
  });
  // Draws a study's figures with that bundle, in a page of Electron's.
  await build({
    ...script,
    outfile: 'dist/report/figures.min.js',
    entryPoints: ['src-renderer/plots/figure-files.ts'],
    loader: { '.woff2': 'dataurl' },
  });
}

async function buildRenderer() {
  const { build } = await import('vite');
  await build({ root: join(root, 'src-renderer'), configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
}
