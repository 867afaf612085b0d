import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { packageVersion, readJsonObject } from './json.mjs';
import { log } from './log.mjs';
import { flags, instructionSets, sources } from './native.mjs';
import { modules, root } from './paths.mjs';
import { windowsCompiler } from './windows.mjs';

const addonName = 'coto-native.node';
const recordName = 'build.json';

const compilerFlags = [
  // Every code is position independent on Windows.
  ...flags.filter((flag) => flag !== '-fPIC'),
  // GCC aligns stacks to 16 bytes there, and moves vectors of 32 and 64 bytes as if they were aligned.
  '-Wa,-muse-unaligned-vector-move',
  // The same bytes from any folder.
  `-ffile-prefix-map=${root}=.`,
];

const linkerFlags = [
  ...['-shared', '-static', '-pthread', '-s', '-Wl,--no-insert-timestamp'],
  // mingw gives each file that uses an inline thread_local variable an initializer of the same name and code.
  '-Wl,--allow-multiple-definition',
];

/**
 * Builds the addon for Windows on x64 where the last build was of other sources or flags. Beside it lie oneDNN's library
 * and the record of the build. Returns the addon's path.
 * @param {import('./windows.mjs').Windows} windows
 */
export function buildForWindows(windows) {
  const folder = join(windows.folder, 'prebuilds', 'win32-x64');
  const addon = join(folder, addonName);
  const inputs = hashOf([...filesBelow(sources), join(modules, 'node-api-headers', 'package.json')]);
  const compiler = spawnSync(windowsCompiler, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0] ?? '';
  const how = {
    target: 'win32-x64',
    compiler,
    flags: compilerFlags.map((flag) => flag.replaceAll(root, '$ROOT')),
    instructionSets,
    linkerFlags,
    inputs,
  };
  const recordFile = join(folder, recordName);
  if (existsSync(recordFile) && existsSync(addon)) {
    const { outputs: _, nodeApiHeaders: __, ...before } = readJsonObject(recordFile);
    if (JSON.stringify(before) === JSON.stringify(how)) return addon;
  }
  const started = Date.now();
  log('building the native addon for Windows (some minutes) …');
  rmSync(folder, { recursive: true, force: true });
  // An interrupted build resumes with the objects that it has.
  const objects = join(windows.folder, `objects-${hashOfText(JSON.stringify(how)).slice(0, 12)}`);
  for (const path of [folder, objects]) mkdirSync(path, { recursive: true });
  const made = units().map(({ file, name, own }) => {
    const object = join(objects, `${name}.o`);
    if (!existsSync(object)) {
      compile([...compilerFlags, ...own, ...include(windows), '-c', relative(root, file), '-o', `${object}.part`]);
      renameSync(`${object}.part`, object);
    }
    return object;
  });
  const dnnl = join(folder, 'dnnl.dll');
  copyFileSync(join(windows.oneDnn, 'bin', 'dnnl.dll'), dnnl);
  const imports = [importLibrary(objects, 'node.exe', nodeSymbols()), importLibrary(objects, 'vcomp140.dll', openMp)];
  compile([...linkerFlags, '-o', addon, ...made.sort(), dnnl, ...imports]);
  const outputs = Object.fromEntries([addonName, 'dnnl.dll'].map((name) => [name, hashOf([join(folder, name)])]));
  const nodeApiHeaders = packageVersion(join(modules, 'node-api-headers'));
  writeFileSync(recordFile, `${JSON.stringify({ ...how, nodeApiHeaders, outputs }, null, 2)}\n`);
  log(`built the native addon for Windows in ${Math.round((Date.now() - started) / 1000)} s`);
  return addon;
}

const openMp = ['omp_set_num_threads'];

/** Names of Node-API, which node.exe exports. */
function nodeSymbols() {
  const folder = join(modules, 'node-api-headers', 'def');
  const text = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return [...new Set(text.join('\n').match(/\b(?:napi|node_api)_\w+/g) ?? [])].sort();
}

/**
 * A library that imports the names from a program or a library of Windows.
 * @param {string} folder
 * @param {string} from
 * @param {string[]} names
 */
function importLibrary(folder, from, names) {
  const definition = join(folder, `${from}.def`);
  const library = join(folder, `${from}.a`);
  writeFileSync(definition, `LIBRARY ${from}\nEXPORTS\n${names.join('\n')}\n`);
  run('x86_64-w64-mingw32-dlltool', ['-d', definition, '-l', library]);
  return library;
}

/** Sources with their own flags: the kernels once for each instruction set. */
function units() {
  const common = sourcesIn(sources).map((file) => ({
    file,
    name: basename(file, '.cc'),
    own: /** @type {string[]} */ ([]),
  }));
  const kernels = Object.entries(instructionSets).flatMap(([set, own]) =>
    sourcesIn(join(sources, 'kernels')).map((file) => ({
      file,
      name: `${set}-${basename(file, '.cc')}`,
      own: [...own, `-DCOTO_ISA=${set}`],
    })),
  );
  return [...common, ...kernels];
}

/** @param {import('./windows.mjs').Windows} windows */
function include({ oneDnn }) {
  const headers = join(modules, 'node-api-headers', 'include');
  return ['-I', relative(root, sources), '-I', relative(root, headers), '-isystem', join(oneDnn, 'include')];
}

/** @param {string[]} args */
function compile(args) {
  run(windowsCompiler, args);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}

/** @param {string} text */
function hashOfText(text) {
  return createHash('sha256').update(text).digest('hex');
}

/** @param {string[]} files */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** @param {string} folder */
function sourcesIn(folder) {
  return filesBelow(folder).filter((file) => file.endsWith('.cc') && join(folder, basename(file)) === file);
}
