// Builds the native kernels' test program and runs it: node scripts/test-native-kernels.mjs [plain] [address] [thread]
// (all three without arguments): as it ships, under AddressSanitizer and UndefinedBehaviorSanitizer, under ThreadSanitizer.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { findCompiler, flags, instructionSets, sources } from './bootstrap/native.mjs';
import { root } from './bootstrap/paths.mjs';

const tests = join(root, 'test', 'native');
const sanitizer = (names) => [`-fsanitize=${names}`, '-g', '-O1', '-fno-omit-frame-pointer'];
const modes = {
  plain: [],
  address: [...sanitizer('address,undefined'), '-fno-sanitize-recover=undefined'],
  thread: sanitizer('thread'),
};

/**
 * Builds and runs the test program. Objects are kept in dist/ and made again where a source or a flag has changed.
 * @param {string} compiler
 * @param {'plain' | 'address' | 'thread'} mode
 * @returns {Promise<{ passed: boolean, output: string }>}
 */
async function testNativeKernels(compiler, mode) {
  const folder = join(root, 'dist', 'native-tests', mode);
  mkdirSync(folder, { recursive: true });
  const headers = ['.', 'kernels', 'simd'].flatMap((name) => filesIn(join(sources, name), '.h'));
  const common = [...headers, ...filesIn(tests, '.h')].map((file) => readFileSync(file, 'utf8')).join('');
  const waiting = units();
  const objects = waiting.map(({ name }) => join(folder, `${name}.o`));
  let failure = null;
  const worker = async () => {
    for (let unit = waiting.pop(); unit !== undefined && failure === null; unit = waiting.pop()) {
      const object = join(folder, `${unit.name}.o`);
      const options = [...flags, ...modes[mode], ...unit.own, '-I', sources];
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
  const linked = await run(compiler, ['-pthread', ...modes[mode], ...objects, '-o', program]);
  return linked.passed ? run(program, []) : linked;
}

/** What is compiled: the kernels once for each instruction set, what they share, the tests. */
function units() {
  const kernels = Object.entries(instructionSets).flatMap(([set, own]) =>
    filesIn(join(sources, 'kernels'), '.cc').map((file) => ({
      file,
      name: `${set}-${basename(file, '.cc')}`,
      own: [...own, `-DCOTO_ISA=${set}`],
    })),
  );
  const shared = ['threads.cc', 'scratch.cc', 'dispatch.cc'].map((name) => join(sources, name));
  const others = [...shared, ...filesIn(tests, '.cc')];
  return [...kernels, ...others.map((file) => ({ file, name: basename(file, '.cc'), own: ['-Wno-sign-compare'] }))];
}

function filesIn(folder, ending) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

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

const asked = process.argv.slice(2);
const unknown = asked.filter((mode) => !Object.hasOwn(modes, mode));
if (unknown.length > 0) {
  console.error(`There is no mode ${unknown.join(', ')}; there are ${Object.keys(modes).join(', ')}.`);
  process.exit(2);
}
const compiler = findCompiler();
if (compiler === null) {
  console.log('skipped: there is no C++ compiler');
  process.exit(0);
}
let failed = false;
for (const mode of asked.length > 0 ? asked : Object.keys(modes)) {
  const started = Date.now();
  const { passed, output } = await testNativeKernels(compiler, mode);
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`== ${mode}: ${passed ? 'passed' : 'FAILED'} in ${seconds} s\n${output}`);
  failed ||= !passed;
}
process.exit(failed ? 1 : 0);
