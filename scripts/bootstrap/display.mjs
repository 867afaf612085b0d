import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, log } from './log.mjs';

/**
 * Libraries that Electron links against, by Debian's and Ubuntu's package names: the newer name first if the two
 * differ. Each brings its own dependencies (X11, GLib, Cairo, ...).
 */
const libraries = [
  ['libnss3'],
  ['libgtk-3-0t64', 'libgtk-3-0'],
  ['libgbm1'],
  ['libasound2t64', 'libasound2'],
  ['libatk-bridge2.0-0t64', 'libatk-bridge2.0-0'],
  ['libcups2t64', 'libcups2'],
  ['libxss1'],
  ['libxtst6'],
];
const virtualScreen = [['xvfb'], ['xauth']];
const fonts = [['fonts-dejavu-core']];

/**
 * Sees to the shared libraries that `electron` needs and, where there is no display, to a virtual screen. Linux only.
 * @param {string} electron path of its executable
 */
export function ensureDisplay(electron, options = { virtual: false }) {
  if (process.platform !== 'linux') return;
  const missing = missingLibraries(electron);
  const needsScreen = (options.virtual || !hasDisplay()) && !onPath('Xvfb');
  if (missing.length === 0 && !needsScreen) return;
  const groups = [...(missing.length > 0 ? [...libraries, ...fonts] : []), ...(needsScreen ? virtualScreen : [])];
  const reason = missing.length > 0 ? `Electron lacks ${missing.join(', ')}` : 'there is no display and no Xvfb';
  const mayInstall = process.getuid?.() === 0 && onPath('apt-get');
  if (!mayInstall) {
    const plain = groups.map((names) => names.at(-1)).join(' ');
    fail(`${reason}. Install it once, on Debian or Ubuntu: sudo apt-get install ${plain}`);
  }
  log(`${reason}: installing it with apt …`);
  apt(['update', '-qq']);
  apt(['install', '-y', '-qq', '--no-install-recommends', ...groups.flatMap(available)]);
  const still = missingLibraries(electron);
  if (still.length > 0) fail(`Electron still lacks ${still.join(', ')}: install what brings them, then start again.`);
}

export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/**
 * Starts a virtual screen of its own and answers its DISPLAY; it ends with this process. Ctrl+C must not reach it: the
 * window on it needs a moment to close its files. With `forOne` it also ends when its only window is gone.
 */
export async function startVirtualScreen({ forOne = false } = {}) {
  const size = ['-screen', '0', '1920x1200x24'];
  const server = spawn('Xvfb', ['-displayfd', '1', ...size, '-nolisten', 'tcp', ...(forOne ? ['-terminate'] : [])], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  process.once('exit', () => server.kill());
  const number = await new Promise((resolve, reject) => {
    let text = '';
    server.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.trim());
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`Xvfb ended with code ${code}`)));
  });
  return { display: `:${number}`, stop: () => server.kill() };
}

/**
 * @param {string} electron path of its executable
 * @returns {string[]}
 */
function missingLibraries(electron) {
  const folder = dirname(electron);
  const answer = spawnSync('ldd', [electron], { encoding: 'utf8', env: { ...process.env, LD_LIBRARY_PATH: folder } });
  if (answer.status !== 0) return [];
  return answer.stdout
    .split('\n')
    .flatMap((line) => (line.includes('not found') ? line.trim().split(' ').slice(0, 1) : []));
}

/**
 * Returns the first of a package's names that apt can install, else the oldest.
 * @param {readonly string[]} names newest first
 * @returns {string[]}
 */
function available(names) {
  const found = names.find((name) => {
    const answer = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
    return /Candidate: (?!\(none\))/.test(answer.stdout ?? '');
  });
  return found === undefined ? names.slice(-1) : [found];
}

/** @param {string[]} args */
function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 2], env });
  if (result.status !== 0) fail(`apt-get ${args[0]} failed: see above.`);
}

/** @param {string} name */
function onPath(name) {
  return (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, name)));
}
