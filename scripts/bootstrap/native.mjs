import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { log } from './log.mjs';
import { openObjectCache } from './object-cache.mjs';
import { modules, root } from './paths.mjs';

export const sources = join(root, 'src-main', 'engine', 'compute', 'native', 'cpp');
const output = join(root, 'dist', 'native');
const addonName = 'coto-native.node';
const stampFile = join(output, 'stamp');
/** The objects that the addon was linked of: the kernels' tests link the same. */
const keptObjects = join(output, 'objects');

/**
 * The compiler's flags by the name of an instruction set.
 * @typedef {Record<string, string[]>} InstructionSets
 */

/**
 * The instruction set that every processor of an architecture has: on arm64 NEON.
 * @type {InstructionSets}
 */
export const oneInstructionSet = { baseline: [] };

const avx512 = ['-mavx512f', '-mavx512vl', '-mavx512bw', '-mavx512dq', '-mavx2', '-mfma', '-mf16c'];

/**
 * The kernels' sources are compiled once for each of these; dispatch.cc chooses among them at run time.
 * @type {InstructionSets}
 */
export const instructionSets =
  process.arch === 'x64'
    ? {
        ...oneInstructionSet,
        avx2: ['-mavx2', '-mfma', '-mf16c'],
        avx512,
        avx512_bf16: [...avx512, '-mavx512bf16'],
        avx512_amx: [...avx512, '-mavx512bf16', '-mamx-tile', '-mamx-bf16'],
      }
    : oneInstructionSet;

export const flags = [
  ...['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-fno-math-errno', '-fno-trapping-math', '-pthread'],
  ...['-Wall', '-Wextra', '-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=coto_native'],
];

/**
 * Compiles the native compute backend where its sources changed since it was last made. If the build fails, prints a
 * message once and stores the reason for the app, which then computes with WebAssembly.
 */
export async function ensureNative({ force = false } = {}) {
  const stamp = fingerprint();
  if (!force && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const started = Date.now();
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const failure = await build();
  if (failure === null) log(`built native in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  else {
    log(`the native compute backend is left out, WebAssembly computes in its place: ${failure}`);
    writeFileSync(join(output, 'not-built.txt'), `The native addon was not built: ${failure}\n`);
  }
  writeFileSync(stampFile, stamp);
}

/** The folder of the built addon's objects, `<set>-<file>.o` for the kernels, or null where they are not of today's sources. */
export function currentObjects() {
  const isCurrent = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint();
  return isCurrent && existsSync(keptObjects) ? keptObjects : null;
}

/**
 * Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer in a folder of its own; answers its path.
 * @param {string} folder
 * @param {string} compiler
 */
export function buildSanitized(folder, compiler) {
  const extra = ['-fsanitize=address,undefined', '-g', '-O1', '-fno-omit-frame-pointer', '-DCOTO_CHECKED_MEMORY'];
  return buildIn(folder, compiler, extra, instructionSets);
}

/**
 * Builds the addon for Linux on arm64 with a cross compiler. Answers the addon's path.
 * @param {string} folder
 * @param {string} compiler
 * @param {string[]} extra flags that say where it finds oneDNN
 */
export function buildForArm64(folder, compiler, extra) {
  return buildIn(folder, compiler, extra, oneInstructionSet);
}

/**
 * @param {string} folder
 * @param {string} compiler
 * @param {string[]} extra
 * @param {InstructionSets} sets
 */
async function buildIn(folder, compiler, extra, sets) {
  mkdirSync(folder, { recursive: true });
  const failure = await compile(compiler, folder, extra, sets);
  if (failure !== null) throw new Error(failure);
  return join(folder, addonName);
}

/**
 * Null, or why there is no addon.
 * @returns {Promise<string | null>}
 */
async function build() {
  if (process.platform === 'win32') return 'it is not offered on Windows yet.';
  const compiler = findCompiler();
  if (compiler === null) return `there is no C++ compiler. ${hint('g++')}`;
  if (process.platform !== 'darwin' && !hasOneDnn(compiler)) {
    if (mayInstall()) {
      install('oneDNN', 'libdnnl-dev');
    }
    if (!hasOneDnn(compiler)) return `oneDNN 3 is not installed. ${hint('libdnnl-dev')}`;
  }
  ensureLapack();
  const failure = await compile(compiler, output, [], instructionSets);
  if (failure !== null) return failure;
  // An addon that does not load now would not load later: better to know at once.
  const addon = join(output, addonName);
  const tried = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(addon)}).describe()`], {
    encoding: 'utf8',
  });
  if (tried.status === 0) {
    writeRecord(compiler);
    return null;
  }
  rmSync(addon, { force: true });
  return `it was built, but does not load (${lastLine(tried.stderr)}).`;
}

/**
 * Writes built.json beside the addon: the compiler, its flags and a hash of the sources, as `coto doctor` shows them.
 * @param {string} compiler
 */
function writeRecord(compiler) {
  const { stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
  const record = {
    compiler: stdout.split('\n')[0]?.trim() ?? compiler,
    system: `${process.platform} ${process.arch}`,
    flags,
    instructionSets: Object.keys(instructionSets),
    sources: fingerprint(),
  };
  writeFileSync(join(output, 'built.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * Null, or why there is no addon in the folder.
 * @param {string} compiler
 * @param {string} folder
 * @param {string[]} extra
 * @param {InstructionSets} sets
 * @returns {Promise<string | null>}
 */
async function compile(compiler, folder, extra, sets) {
  const work = mkdtempSync(join(folder, 'objects-'));
  try {
    const include = ['-I', sources, '-I', join(modules, 'node-api-headers', 'include')];
    const common = filesIn(sources).map((file) => ({ file, object: `${basename(file, '.cc')}.o`, own: [] }));
    const kernels = Object.entries(sets).flatMap(([name, own]) =>
      filesIn(join(sources, 'kernels')).map((file) => ({
        file,
        object: `${name}-${basename(file, '.cc')}.o`,
        own: [...own, `-DCOTO_ISA=${name}`],
      })),
    );
    const units = [...common, ...kernels].map(({ file, object, own }) => ({
      file,
      object: join(work, object),
      options: [...flags, ...extra, ...own, ...include, '-c', file, '-o', join(work, object)],
    }));
    writeCompileCommands(folder, compiler, units);
    // Only plain builds: those of other processors and for sanitizers are rare.
    const kept = extra.length === 0 ? openObjectCache({ compiler, headers: headers(), include, system }) : null;
    /** @type {string[]} */
    const objects = [];
    /** @type {string[]} */
    const failures = [];
    const waiting = [...units];
    const worker = async () => {
      for (let next = waiting.pop(); next !== undefined && failures.length === 0; next = waiting.pop()) {
        const isKept = kept?.fetch(next) === true;
        const result = isKept ? { code: 0, text: '' } : await run(compiler, next.options);
        if (result.code === 0 && !isKept) kept?.store(next);
        if (result.code === 0) objects.push(next.object);
        else failures.push(`${basename(next.file)} does not compile (${result.text}).`);
      }
    };
    await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
    if (failures[0] !== undefined) return failures[0];
    const made = join(work, addonName);
    const linked = await run(compiler, [
      '-shared',
      '-pthread',
      ...extra,
      '-o',
      made,
      ...objects.sort(),
      ...libraries(),
    ]);
    if (linked.code !== 0) return `it does not link (${linked.text}).`;
    renameSync(made, join(folder, addonName));
    if (folder === output) renameSync(work, keptObjects);
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The headers that the sources share with each other. */
function headers() {
  return readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.h'))
    .sort()
    .map((name) => join(sources, name));
}

/**
 * For clangd and clang-tidy (.clangd names the folder): how each file is compiled, the kernels' once for each instruction set.
 * @param {string} folder
 * @param {string} compiler
 * @param {{ file: string, options: string[] }[]} units
 */
function writeCompileCommands(folder, compiler, units) {
  const commands = units.map(({ file, options }) => ({ directory: root, file, arguments: [compiler, ...options] }));
  writeFileSync(join(folder, 'compile_commands.json'), `${JSON.stringify(commands, null, 1)}\n`);
}

function libraries() {
  if (process.platform === 'darwin') return ['-undefined', 'dynamic_lookup', '-framework', 'Accelerate'];
  return ['-ldnnl', '-l:libgomp.so.1', '-Wl,-rpath,$ORIGIN'];
}

/**
 * Copies the libraries that the addon links or loads, beyond what every system has, beside a packed copy of it. Answers
 * their names.
 * @param {string} folder
 * @returns {string[]}
 */
export function bundleLibraries(folder) {
  const addon = join(folder, addonName);
  if (process.platform !== 'linux' || !existsSync(addon)) return [];
  const lapack = lapackFile();
  const loaded = existsSync(lapack) ? [{ name: basename(lapack), path: lapack }, ...linkedLibraries(lapack)] : [];
  const libraries = [...linkedLibraries(addon), ...loaded];
  for (const { name, path } of libraries) copyFileSync(realpathSync(path), join(folder, name));
  return libraries.map(({ name }) => name);
}

/** @param {string} file */
function linkedLibraries(file) {
  const answer = spawnSync('ldd', [file], { encoding: 'utf8' });
  const wanted = /^\s*(lib(?:dnnl|gomp|gfortran)\S*) => (\S+)/gm;
  return [...(answer.stdout ?? '').matchAll(wanted)].map(([, name = '', path = '']) => ({ name, path }));
}

/**
 * OpenBLAS as Debian installs it: the addon loads it when a large matrix is first decomposed, and JavaScript decomposes
 * without it.
 */
function lapackFile() {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return `/usr/lib/${triplet}/openblas-serial/libopenblas.so.0`;
}

function ensureLapack() {
  if (existsSync(lapackFile()) || !mayInstall()) return;
  install('LAPACK', 'libopenblas0-serial');
}

export function findCompiler() {
  const candidates = [...(process.env.CXX ? [process.env.CXX] : []), 'g++', 'clang++', 'c++'];
  return candidates.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0) ?? null;
}

/** The headers of others that the addon is compiled with. */
const system = `#include <node_api.h>\n${process.platform === 'darwin' ? '' : '#include <oneapi/dnnl/dnnl.hpp>\n'}`;

/** @param {string} compiler */
function hasOneDnn(compiler) {
  const program = '#include <oneapi/dnnl/dnnl.hpp>\n#if DNNL_VERSION_MAJOR != 3\n#error another version\n#endif\n';
  const answer = spawnSync(compiler, ['-std=c++17', '-E', '-x', 'c++', '-'], {
    input: program,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return answer.status === 0;
}

function mayInstall() {
  return process.platform === 'linux' && process.getuid?.() === 0 && isThere('apt-get');
}

/** @param {string} debianPackage */
function hint(debianPackage) {
  if (process.platform === 'darwin') return 'Install it once: xcode-select --install';
  return `Install it once, on Debian or Ubuntu: sudo apt-get install ${debianPackage}; then: npm run build -- --force`;
}

/** @param {string} program */
function isThere(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

let areListsRead = false;

/**
 * Installs a package with apt, whose lists are read once in a build.
 * @param {string} library
 * @param {string} debianPackage
 */
function install(library, debianPackage) {
  log(`installing ${library} (${debianPackage}) with apt …`);
  if (!areListsRead) apt(['update', '-qq']);
  areListsRead = true;
  apt(['install', '-y', '-qq', '--no-install-recommends', debianPackage]);
}

/** @param {string[]} args */
function apt(args) {
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Hashes the contents of all sources: a fresh clone's file times are meaningless, and reading takes a few milliseconds.
 */
function fingerprint() {
  const hash = createHash('sha256');
  /** @param {string} folder */
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else hash.update(`${entry.name}\0`).update(readFileSync(path));
    }
  };
  visit(sources);
  hash.update(readFileSync(join(root, 'scripts', 'bootstrap', 'native.mjs')));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
}

/**
 * Runs a compiler; of what it says, the first error is kept.
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<{ code: number | null, text: string }>}
 */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.once('error', (error) => resolve({ code: 1, text: error.message }));
    child.once('close', (code) => {
      const text = said.split('\n').find((line) => line.includes('error')) ?? lastLine(said);
      resolve({ code, text: text.trim() });
    });
  });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
