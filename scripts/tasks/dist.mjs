import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { electronVersion, ensureElectron, isLockedElectron } from '../bootstrap/electron.mjs';
import { isObject, packageVersion } from '../bootstrap/json.mjs';
import { fail, log } from '../bootstrap/log.mjs';
import { bundleLibraries } from '../bootstrap/native.mjs';
import { modules, root } from '../bootstrap/paths.mjs';
import { ensureBuild } from '../build.mjs';
import { componentsOf } from '../package/components.mjs';
import { lightenElectron, lighterFiles, lighterNode } from '../package/lighter.mjs';
import { packArchive } from '../package/pack-archive.mjs';
import { needlessPackages } from '../package/packages.mjs';
import { writeReleaseFeed } from '../package/release-feed.mjs';
import { budgets, smoke } from '../package/smoke.mjs';
import { writeBillOfMaterials, writeNotices } from '../package/write-lists.mjs';
import { runNode } from './steps.mjs';

// usage: npm run dist [-- --release] [-- --installers] [-- --smoke [--budgets]]
// Packs the app as a folder and a tar.gz, with the licenses of all that it carries and a bill of materials; with
// --installers also this system's installers (electron-builder downloads tools for those); with --smoke the packed app
// is started as an ordinary user; its costs are said, and with --budgets one over its budget fails. --release is for
// what others install: only the Electron of the lock file, and on macOS signed and notarized (CSC_LINK, and
// APPLE_API_KEY or APPLE_ID in the environment). Updates of the app: COTO_UPDATE_PUBLIC_KEY (Ed25519, SPKI) is built
// in, and without it the app has no updates; COTO_UPDATE_FEED is the address that Settings proposes;
// COTO_UPDATE_SIGNING_KEY_FILE (its private half, PEM) signs the description of the installers, which is uploaded with
// them to the feed.
const options = process.argv.slice(2);
const isRelease = options.includes('--release');
const release = join(root, 'release');

const electron = await ensureElectron();
const version = electronVersion(electron);
if (isRelease && !isLockedElectron(electron))
  fail(
    `Electron ${version} is the fallback for tests, whose Chromium is no longer mended. A release needs Electron ${packageVersion(join(modules, 'electron'))}, from github.com or ELECTRON_MIRROR.`,
  );
await ensureBuild(['main', 'report', 'renderer']);
const config = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8'));
if (!isObject(config)) fail('electron-builder.yml is no list of settings.');
// The app brings a plain Node: engines on a GPU run on it, since Electron's lets no driver lend its memory to JavaScript, and
// so does the backend where Electron's own (before 36) is too old for the database.
const node = { from: lighterNode(), to: process.platform === 'win32' ? 'node/node.exe' : 'node/node' };
const isNotarized = Boolean(process.env.APPLE_API_KEY ?? process.env.APPLE_ID);
const packing = {
  ...config,
  files: [
    ...(Array.isArray(config.files) ? config.files : []),
    ...needlessPackages().map((path) => `!${path}/**`),
    ...(await lighterFiles()),
  ],
  mac: { ...(isObject(config.mac) ? config.mac : {}), notarize: isNotarized },
  electronVersion: version,
  // On Windows and macOS the package notes its publisher, whose certificate an update must have too. Nothing is published.
  publish: process.env.COTO_UPDATE_FEED ? { provider: 'generic', url: process.env.COTO_UPDATE_FEED } : null,
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
  // Signed only with a certificate that was given (CSC_LINK, WIN_CSC_LINK), never with one that lies about.
  env: { CSC_IDENTITY_AUTO_DISCOVERY: String(Boolean(process.env.CSC_NAME)) },
});
for (const library of bundled) rmSync(join(native, library));
if (packed !== 0) fail('electron-builder failed: see above.');

const folder = readdirSync(release).find((name) => name.endsWith('-unpacked') || /^mac/.test(name));
if (!folder) fail('electron-builder left no packed folder.');
// The loader of the fallback runtime is of no use beside the app itself.
rmSync(join(release, folder, 'resources', 'default_app.asar'), { force: true });
lightenElectron(join(release, folder));
const at = sourceDate();
const components = componentsOf({ electron: version, libraries: bundled });
writeNotices(join(release, folder, 'THIRD-PARTY-NOTICES.txt'), components);
const stem = `coto-studio-${packageVersion(root)}-${process.platform}-${process.arch}`;
writeBillOfMaterials(join(release, `${stem}.cdx.json`), components, { version: packageVersion(root), at });
const signingKey = process.env.COTO_UPDATE_SIGNING_KEY_FILE;
if (options.includes('--installers') && signingKey)
  writeReleaseFeed({
    folder: release,
    version: packageVersion(root),
    privateKey: readFileSync(signingKey, 'utf8'),
    at: new Date(),
  });
const archive = join(release, `${stem}.tar.gz`);
await packArchive(release, folder, { file: archive, at });
const megabytes = statSync(archive).size / 1e6;
log(
  `packed: release/${folder}, release/${stem}.cdx.json (${components.length} components) and ${stem}.tar.gz (${megabytes.toFixed(0)} MB)`,
);
if (options.includes('--smoke')) {
  const { problems, overBudget } = await smoke(
    join(release, folder),
    isObject(config.electronFuses) ? config.electronFuses : {},
  );
  // A size is the same on every machine: it fails wherever it grows.
  if (megabytes > budgets.archiveMegabytes)
    problems.push(`the archive has ${megabytes.toFixed(1)} MB, and may have ${budgets.archiveMegabytes}`);
  for (const problem of problems) log(`the packed app failed: ${problem}`);
  for (const one of overBudget) log(`over its budget: ${one}`);
  // Processor time and memory of shared cores vary: what they cost fails only where it is asked for.
  const isWrong = problems.length > 0 || (options.includes('--budgets') && overBudget.length > 0);
  process.exit(isWrong ? 1 : 0);
}

/** The time that the archive and the bill of materials state: that of the commit, so that two builds of it are alike. */
function sourceDate() {
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? stdout);
  return seconds > 0 ? new Date(seconds * 1000) : new Date();
}

/**
 * electron-builder wants a folder that holds the runtime under its plain name.
 * @param {string} binary
 */
function electronDist(binary) {
  return process.platform === 'darwin' ? dirname(dirname(dirname(dirname(binary)))) : dirname(binary);
}
