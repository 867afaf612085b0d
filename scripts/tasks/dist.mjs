import { spawn } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { parse } from 'yaml';
import { electronVersion, ensureElectron } from '../bootstrap/electron.mjs';
import { isObject, packageVersion } from '../bootstrap/json.mjs';
import { fail, log } from '../bootstrap/log.mjs';
import { bundleLibraries } from '../bootstrap/native.mjs';
import { modules, nodeBinary, root } from '../bootstrap/paths.mjs';
import { ensureBuild } from '../build.mjs';
import { run, runNode } from './steps.mjs';
import { electronFlags, withScreen } from './window.mjs';

// usage: npm run dist [-- --installers] [-- --smoke]
// Packs the app as a folder and a tar.gz; with --installers also this system's installers (electron-builder downloads
// tools for those); with --smoke the packed app is started once.
const options = process.argv.slice(2);
const release = join(root, 'release');

await ensureBuild(['main', 'report', 'renderer']);
const electron = await ensureElectron();
const version = electronVersion(electron);
const config = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8'));
if (!isObject(config)) fail('electron-builder.yml is no list of settings.');
// The app brings a plain Node: engines on a GPU run on it, since Electron's lets no driver lend its memory to JavaScript, and
// so does the backend where Electron's own (before 36) is too old for the database.
const node = { from: nodeBinary, to: process.platform === 'win32' ? 'node/node.exe' : 'node/node' };
const packing = {
  ...config,
  electronVersion: version,
  electronDist: electronDist(electron),
  extraResources: [node],
};
const configFile = join(root, 'dist', 'electron-builder.json');
mkdirSync(dirname(configFile), { recursive: true });
writeFileSync(configFile, JSON.stringify(packing, null, 2));

rmSync(release, { recursive: true, force: true });
const builder = join(modules, 'electron-builder', 'cli.js');
const targets = options.includes('--installers') ? [] : ['--dir'];
log(`packing with Electron ${version} …`);
// The native addon looks for oneDNN beside itself first: only the pack carries a copy.
const native = join(root, 'dist', 'native');
const bundled = bundleLibraries(native);
const packed = await runNode(builder, [...targets, '--config', configFile, '--publish', 'never'], {
  env: { CSC_IDENTITY_AUTO_DISCOVERY: 'false' },
});
for (const library of bundled) rmSync(join(native, library));
if (packed !== 0) fail('electron-builder failed: see above.');

const folder = readdirSync(release).find((name) => name.endsWith('-unpacked') || /^mac/.test(name));
if (!folder) fail('electron-builder left no packed folder.');
// The loader of the fallback runtime is of no use beside the app itself.
rmSync(join(release, folder, 'resources', 'default_app.asar'), { force: true });
const name = `coto-studio-${packageVersion(root)}-${process.platform}-${process.arch}.tar.gz`;
const tar = spawn('tar', ['-cf', '-', '-C', release, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
// The fastest level: most of it is binaries that hardly shrink.
await pipeline(tar.stdout, createGzip({ level: 1 }), createWriteStream(join(release, name)));
log(`packed: release/${folder} and release/${name}`);
if (options.includes('--smoke')) process.exit(await smoke(join(release, folder)));

/**
 * Starts the packed app on a home of its own; it ends by itself once its window has the backend's first answer. Then
 * the packed command looks at its engine, so that no package is missing from the pack.
 * @param {string} app
 */
async function smoke(app) {
  const executable = join(app, 'coto-studio');
  if (!existsSync(executable)) fail(`there is no ${executable} to start`);
  const home = mkdtempSync(join(tmpdir(), 'coto-smoke-'));
  const code = await withScreen((env) =>
    run('timeout', ['90', executable, ...electronFlags({ virtual: process.platform === 'linux' })], {
      cwd: tmpdir(),
      // The packed app must find its own Node and files.
      env: { ...env, COTO_NODE: '', COTO_SMOKE: '1', COTO_STUDIO_HOME: home },
    }),
  );
  const doctor = await run(process.execPath, [
    join(app, 'resources', 'app.asar.unpacked', 'dist', 'cli', 'coto.mjs'),
    'doctor',
    '--home',
    home,
  ]);
  rmSync(home, { recursive: true, force: true });
  if (doctor !== 0) log('`coto doctor` failed in the packed app');
  log(code === 0 ? 'the packed app started and answered' : `the packed app failed (exit ${code})`);
  return code || doctor;
}

/**
 * electron-builder wants a folder that holds the runtime under its plain name.
 * @param {string} binary
 */
function electronDist(binary) {
  return process.platform === 'darwin' ? dirname(dirname(dirname(dirname(binary)))) : dirname(binary);
}
