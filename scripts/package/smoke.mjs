import { spawn, spawnSync } from 'node:child_process';
import fs, {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changedUnpackedFile } from '../../src-main/shell/unpacked-files.ts';
import { log } from '../bootstrap/log.mjs';
import { run } from '../tasks/steps.mjs';
import { electronFlags, withScreen } from '../tasks/window.mjs';
import { wrongFuses } from './fuses.mjs';

/**
 * Budgets of the packed app: processor time until its window has the first answer; idle memory (proportional set size,
 * which divides shared memory among processes); and the size of the tar.gz, which is always enforced.
 */
export const budgets = { startSeconds: 2, idleMegabytes: 350, archiveMegabytes: 212 };

const account = 'coto-smoke';
const ticksPerSecond = 100;
/** The engine that is probed after the start has ended by then. */
const idleSeconds = 40;
/** On shared cores the first start can take a minute. */
const latestSeconds = 240;
const debuggingPort = 47_811;

/**
 * Starts the packed app as an ordinary user, with Chromium's sandbox on: twice until its window has the backend's first
 * answer, when it ends by itself, and once to idle. Then the packed command looks at its engine, so that no package is
 * missing. Answers what is wrong, and what costs more than it may.
 * @param {string} app its folder
 * @param {Record<string, unknown>} fuses as electron-builder.yml sets them
 */
export async function smoke(app, fuses) {
  const user = ordinaryUser(app);
  const executable = join(app, 'coto-studio');
  const folder = mkdtempSync(join(tmpdir(), 'coto-smoke-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  // Program that the packed app must not run, although its environment names it.
  const marker = join(home, 'was-run');
  const foreign = join(folder, 'foreign.sh');
  writeFileSync(foreign, `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  if (user) for (const path of [folder, home]) chownSync(path, user.uid, user.gid);
  /** @type {string[]} */
  const problems = [];
  /** @type {string[]} */
  const overBudget = [];
  try {
    await withScreen(async (screen) => {
      const flags = [
        ...(user ? ['--log-level=3', '--disable-gpu'] : electronFlags({ virtual: process.platform === 'linux' })),
        `--remote-debugging-port=${debuggingPort}`,
      ];
      const { COTO_ELECTRON: _, ...rest } = screen;
      const env = {
        ...rest,
        COTO_STUDIO_HOME: home,
        COTO_STUDIO_CONFIG: join(home, 'config'),
        COTO_NODE: foreign,
        HOME: home,
        // Code is not kept compiled inside of a home.
        XDG_CACHE_HOME: join(folder, 'cache'),
        XDG_RUNTIME_DIR: '',
      };
      /** @type {(more: Record<string, string>) => import('node:child_process').ChildProcess} */
      const start = (more) => {
        const [command, args] = user
          ? ['runuser', ['-u', account, '--', 'env', `HOME=${home}`, executable, ...flags]]
          : [executable, flags];
        return spawn(command, args, {
          cwd: tmpdir(),
          stdio: ['ignore', 'pipe', 'inherit'],
          env: { ...process.env, ...env, ...more },
        });
      };
      // The first start makes the home and describes what is bundled.
      for (const which of ['the first', 'a later']) {
        const seconds = await firstAnswer(start({ COTO_SMOKE: '1' }));
        await closed(home);
        if (seconds === null) problems.push(`the window of ${which} start had no answer`);
        else log(`${which} start answered after ${seconds.toFixed(2)} s of processor time`);
        if (which === 'a later' && seconds !== null && seconds > budgets.startSeconds)
          overBudget.push(`a start takes ${seconds.toFixed(2)} s of processor time, and may ${budgets.startSeconds}`);
      }
      await untilKnown(start({}), home);
      const { megabytes, ...seen } = await idle(start({}), { home, isSandboxed: !flags.includes('--no-sandbox') });
      problems.push(...seen.problems);
      if (megabytes > budgets.idleMegabytes)
        overBudget.push(`it idles in ${megabytes.toFixed(0)} MB, and may in ${budgets.idleMegabytes}`);
    });
    const changed = await changedUnpackedFile(join(app, 'resources', 'app.asar'), fs);
    if (changed !== null) problems.push(`the archive has no hash of ${changed}, or another one`);
    problems.push(...(await wrongFuses(executable, fuses)));
    for (const path of codeBeside(join(app, 'resources', 'app.asar.unpacked', 'dist')))
      problems.push(`${path} lies beside the archive`);
    if (existsSync(marker)) problems.push('it ran what COTO_NODE names');
    const coto = join(app, 'resources', 'app.asar.unpacked', 'dist', 'archive', 'coto.mjs');
    if ((await run(process.execPath, [coto, 'doctor', '--home', home])) !== 0) problems.push('`coto doctor` failed');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { problems, overBudget };
}

/**
 * Modules of ours that are not inside the archive: only what lets a plain Node read it may be, and what reports contain.
 * @param {string} folder
 */
function codeBeside(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.[cm]?js$/.test(path) && !/^(archive|report)[\\/]/.test(path),
  );
}

/**
 * Root's programs have no sandbox in Chromium: an account that has nothing else is made for this. Null: this is one already.
 * @param {string} app
 * @returns {{ uid: number, gid: number } | null}
 */
function ordinaryUser(app) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  const id = () => spawnSync('id', ['-u', account], { encoding: 'utf8' });
  if (id().status !== 0)
    spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/bin/sh', account], { stdio: 'ignore' });
  const uid = Number(id().stdout);
  const gid = Number(spawnSync('id', ['-g', account], { encoding: 'utf8' }).stdout);
  const as = (/** @type {string[]} */ ...args) =>
    spawnSync('runuser', ['-u', account, '--', ...args], { stdio: 'ignore' }).status;
  if (!uid || as('test', '-x', join(app, 'coto-studio')) !== 0) {
    log(`there is no ordinary user here who can start ${app}: the sandbox stays off`);
    return null;
  }
  if (as('unshare', '--user', 'true') !== 0) {
    log(
      'user namespaces are off for ordinary users here, and chrome-sandbox has no rights of its own: the sandbox stays off',
    );
    return null;
  }
  return { uid, gid };
}

/**
 * The processor time of the app and all of its processes until the window had its first answer, after which it quits; null: it had none.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number | null>}
 */
function firstAnswer(child) {
  return new Promise((resolve) => {
    /** @type {number | null} */
    let seconds = null;
    const late = setTimeout(() => end(child), latestSeconds * 1000);
    child.stdout?.on('data', (text) => {
      process.stdout.write(text);
      if (String(text).includes('smoke test passed'))
        seconds = treeOf(child.pid).reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
    });
    child.once('exit', (code) => {
      clearTimeout(late);
      resolve(code === 0 && process.platform === 'linux' ? seconds : code === 0 ? 0 : null);
    });
  });
}

/**
 * Lets the app find what computes here, which the first start of a day does, and ends it.
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} home
 */
async function untilKnown(child, home) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (let waited = 0; waited < 60 && !existsSync(join(home, 'cache', 'compute.json')); waited++) await pause(1000);
  end(child);
  await ended;
  await closed(home);
}

/**
 * Lets the app idle, looks at it from outside, and ends it.
 * @param {import('node:child_process').ChildProcess} child
 * @param {{ home: string, isSandboxed: boolean }} expected
 */
async function idle(child, { home, isSandboxed }) {
  if (process.platform !== 'linux') {
    end(child);
    return { problems: [], megabytes: 0 };
  }
  /** @type {string[]} */
  const problems = [];
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (let waited = 0; waited < 60 && !treeOf(child.pid).some(({ type }) => type === 'renderer'); waited++)
    await pause(1000);
  await pause(idleSeconds * 1000);
  const tree = treeOf(child.pid);
  const megabytes = tree.reduce((sum, { pss }) => sum + pss, 0) / 1024;
  const resident = tree.reduce((sum, { rss }) => sum + rss, 0) / 1024;
  log(
    `it idles in ${megabytes.toFixed(0)} MB (${resident.toFixed(0)} with what is shared counted in each process): ${tree.map(({ type, pss }) => `${type} ${(pss / 1024).toFixed(0)}`).join(', ')}`,
  );
  const window = tree.find(({ type }) => type === 'renderer');
  if (isSandboxed && window?.seccomp !== '2') problems.push('the window has no sandbox');
  log(`the window's process ${window?.seccomp === '2' ? 'is in' : 'is not in'} Chromium's sandbox`);
  if (await answers(debuggingPort)) problems.push('it lets others debug its window');
  end(child);
  await ended;
  await closed(home);
  return { problems, megabytes };
}

/**
 * Asks the app to quit. Not by way of runuser, which kills its program soon after.
 * @param {import('node:child_process').ChildProcess} child
 */
function end(child) {
  const main = treeOf(child.pid).find(({ type }) => type === 'coto-studio');
  if (main) process.kill(main.pid, 'SIGTERM');
  else child.kill('SIGTERM');
}

/**
 * Waits until the backend has let go of its home: it may end after the app.
 * @param {string} home
 */
async function closed(home) {
  for (let waited = 0; waited < 60 && existsSync(join(home, 'backend.pid')); waited++) await pause(500);
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * The processes below one, without those that only start it.
 * @param {number | undefined} top
 */
function treeOf(top) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(name) ?? []);
  const found = new Set([top]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid, type }) => found.has(pid) && type !== 'runuser');
}

/** @param {string} name */
function processOf(name) {
  const read = (/** @type {string} */ file) => {
    try {
      return readFileSync(`/proc/${name}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  const stat = read('stat');
  if (stat === '') return null;
  // The second field is a name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Chromium writes the arguments of its own processes as one text.
  const command = read('cmdline').replaceAll('\0', ' ');
  const memory = read('smaps_rollup');
  const type = /--type=(\S+)/.exec(command)?.[1] ?? command.split(' ')[0]?.split('/').at(-1) ?? '';
  return {
    pid: Number(name),
    parent: Number(fields[1]),
    ticks: Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]),
    type,
    rss: Number(/^Rss:\s+(\d+)/m.exec(memory)?.[1] ?? 0),
    pss: Number(/^Pss:\s+(\d+)/m.exec(memory)?.[1] ?? 0),
    seccomp: /^Seccomp:\s+(\d)/m.exec(read('status'))?.[1] ?? '0',
  };
}
