import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isObject, readJsonObject } from './json.mjs';
import { fail, log } from './log.mjs';
import { modules, nodeBinary, nodeLicense, root } from './paths.mjs';
import { fetchPinned, pinnedVersion } from './pinned.mjs';

const stampFile = join(modules, '.studio-stamp');

/** Installs the packages of the lock file where they are missing or of another lock file, and sees to Node 24. */
export function ensureDependencies() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const present = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
  if (present !== wanted) {
    const started = Date.now();
    if (installedAsLocked()) log('packages are in place');
    else {
      log('installing packages (npm ci) …');
      // No package's own script is needed: native modules come as binaries, `ensureNode` sees to Node. Some npm versions
      // would compile what has a binding.gyp, for which they download Node's headers.
      runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], root);
      log(`packages installed in ${Math.round((Date.now() - started) / 1000)} s`);
    }
  }
  ensureNode();
  if (present !== wanted) writeFileSync(stampFile, wanted);
}

/** True where somebody ran `npm install` or `npm ci` by hand: every locked version lies in node_modules. */
function installedAsLocked() {
  if (!existsSync(join(modules, '.package-lock.json'))) return false;
  const installed = lockedPackages(join(modules, '.package-lock.json'));
  return [...lockedPackages(join(root, 'package-lock.json'))].every(
    ([path, entry]) =>
      path === '' || entry.optional || entry.devOptional || installed.get(path)?.version === entry.version,
  );
}

/**
 * The entries of a lock file by their paths.
 * @param {string} path
 */
function lockedPackages(path) {
  const { packages } = readJsonObject(path);
  if (!isObject(packages)) throw new Error(`${path} lists no packages.`);
  return new Map(Object.entries(packages).map(([name, entry]) => [name, isObject(entry) ? entry : {}]));
}

/**
 * The package `node` puts its binary in place with an install script. Install scripts do not run in this project: the
 * binary is copied from the package of this system and architecture instead.
 */
function ensureNode() {
  if (nodeVersion() !== null) return;
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${prefix}-${system}-${process.arch}`;
  const version = pinnedVersion(name);
  if (version === null) {
    takeOwnNode(name);
    return;
  }
  log(`fetching Node ${version} (${name}) …`);
  const scratch = mkdtempSync(join(tmpdir(), 'coto-node-'));
  try {
    writeFileSync(join(scratch, 'package.json'), '{"private":true}');
    const archive = fetchPinned(`${name}@${version}`, scratch, runNpm);
    runNpm(['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', archive], scratch);
    const folder = join(scratch, 'node_modules', name);
    const { bin } = readJsonObject(join(folder, 'package.json'));
    if (!isObject(bin) || typeof bin.node !== 'string') throw new Error(`The package ${name} names no binary.`);
    mkdirSync(dirname(nodeBinary), { recursive: true });
    rmSync(nodeBinary, { force: true });
    copyFileSync(join(folder, bin.node), nodeBinary);
    chmodSync(nodeBinary, 0o755);
    const license = join(folder, 'LICENSE');
    if (existsSync(license)) copyFileSync(license, nodeLicense);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (nodeVersion() === null) fail(`Node ${version} does not run on this machine (${nodeBinary}).`);
}

/**
 * If no package is pinned for this system, the running Node is used if it is of the same major version.
 * @param {string} name
 */
function takeOwnNode(name) {
  if (process.version.startsWith('v24.')) {
    log(`no ${name} is pinned: taking the Node that runs this (${process.version}, ${process.execPath})`);
    mkdirSync(dirname(nodeBinary), { recursive: true });
    rmSync(nodeBinary, { force: true });
    copyFileSync(realpathSync(process.execPath), nodeBinary);
    chmodSync(nodeBinary, 0o755);
    if (nodeVersion() !== null) return;
  }
  fail(
    `There is no ${name} with a pinned hash for this system. Run this with Node 24 as nodejs.org packs it, whose program is copied to ${nodeBinary}.`,
  );
}

function nodeVersion() {
  if (!existsSync(nodeBinary)) return null;
  const answer = spawnSync(nodeBinary, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 && answer.stdout.startsWith('v24.') ? answer.stdout.trim() : null;
}

/**
 * @param {string[]} args
 * @param {string} cwd
 */
export function runNpm(args, cwd) {
  const result = spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
    cwd,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    // Electron's own binary is fetched later, and only by the tasks that open a window.
    env: { ...process.env, ELECTRON_SKIP_BINARY_DOWNLOAD: '1' },
  });
  if (result.status !== 0) fail(`npm ${args[0]} failed: see above. Can npm reach a package registry?`);
}
