import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { flags, sources } from './native.mjs';
import { root } from './paths.mjs';

const tests = join(root, 'test', 'native');

/**
 * Builds the native kernels' test program and runs it. Objects are kept in `folder` and made again where a source or a flag
 * has changed.
 * @param {object} how
 * @param {string} how.compiler
 * @param {string} how.folder
 * @param {Record<string, string[]>} how.instructionSets compiler flags by name, the kernels are compiled once for each
 * @param {string[]} how.extra more flags for compiling and linking
 * @param {string | null} [how.kernelObjects] a folder of the kernels' objects, made with the same flags: they are not made again
 * @param {string[]} [how.emulator] the command that runs a program of another processor
 * @returns {Promise<{ passed: boolean, output: string }>}
 */
export async function testNativeKernels(how) {
  const { compiler, folder, instructionSets, extra, kernelObjects = null, emulator = [] } = how;
  mkdirSync(folder, { recursive: true });
  const headers = ['.', 'kernels', 'kernels/encodings', 'simd'].flatMap((name) => filesIn(join(sources, name), '.h'));
  const common = [...headers, ...filesIn(tests, '.h')].map((file) => readFileSync(file, 'utf8')).join('');
  const madeAlready = kernelObjects === null ? [] : readdirSync(kernelObjects);
  const all = units(instructionSets).map(({ name, isKernel, ...unit }) => {
    const isMade = isKernel && kernelObjects !== null && madeAlready.includes(`${name}.o`);
    return { ...unit, name, isMade, object: join(isMade ? kernelObjects : folder, `${name}.o`) };
  });
  const objects = all.map(({ object }) => object);
  const waiting = all.filter(({ isMade }) => !isMade);
  /** @type {{ passed: boolean, output: string } | null} */
  let failure = null;
  const worker = async () => {
    for (let unit = waiting.pop(); unit !== undefined && failure === null; unit = waiting.pop()) {
      const object = join(folder, `${unit.name}.o`);
      const options = [...flags, ...extra, ...unit.own, '-I', sources, '-isystem', join(tests, 'third-party')];
      const hash = createHash('sha256')
        .update(JSON.stringify([compiler, options]))
        .update(common);
      const stamp = hash.update(readFileSync(unit.file)).digest('hex');
      const stampFile = `${object}.stamp`;
      if (existsSync(object) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) continue;
      const built = await run(compiler, [...options, '-c', unit.file, '-o', object]);
      if (built.passed) writeFileSync(stampFile, stamp);
      else failure = built;
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  if (failure !== null) return failure;
  const program = join(folder, 'test-kernels');
  const linked = await run(compiler, ['-pthread', ...extra, ...objects, '-o', program]);
  if (!linked.passed) return linked;
  const [command, ...before] = [...emulator, program];
  return run(command, before);
}

/**
 * Compilation units: the kernels once for each instruction set, the sources they share, the tests.
 * @param {Record<string, string[]>} instructionSets
 */
function units(instructionSets) {
  const kernels = Object.entries(instructionSets).flatMap(([set, own]) =>
    filesIn(join(sources, 'kernels'), '.cc').map((file) => ({
      file,
      name: `${set}-${basename(file, '.cc')}`,
      own: [...own, `-DCOTO_ISA=${set}`],
      isKernel: true,
    })),
  );
  const shared = ['threads.cc', 'scratch.cc', 'dispatch.cc'].map((name) => join(sources, name));
  return [
    ...kernels,
    ...shared.map((file) => ({ file, name: basename(file, '.cc'), own: [], isKernel: false })),
    // To optimize the tests' plain loops takes longer than they gain by it.
    ...filesIn(tests, '.cc').map((file) => ({
      file,
      name: basename(file, '.cc'),
      own: ['-O1', '-Wno-sign-compare'],
      isKernel: false,
    })),
  ];
}

/**
 * @param {string} folder
 * @param {string} ending
 */
function filesIn(folder, ending) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<{ passed: boolean, output: string }>}
 */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    child.once('error', (error) => resolve({ passed: false, output: error.message }));
    child.once('close', (code) => resolve({ passed: code === 0, output }));
  });
}
