// Builds the native kernels' test program and runs it: node scripts/test-native-kernels.mjs [plain] [address] [thread]
// (all three without arguments): as it ships, under AddressSanitizer and UndefinedBehaviorSanitizer, under ThreadSanitizer.
import { join } from 'node:path';
import { currentObjects, findCompiler, instructionSets } from './bootstrap/native.mjs';
import { testNativeKernels } from './bootstrap/native-kernels.mjs';
import { root } from './bootstrap/paths.mjs';

/** @param {string} names */
const sanitizer = (names) => [`-fsanitize=${names}`, '-g', '-O1', '-fno-omit-frame-pointer'];
const modes = new Map([
  ['plain', []],
  ['address', [...sanitizer('address,undefined'), '-fno-sanitize-recover=undefined']],
  ['thread', sanitizer('thread')],
]);

const asked = process.argv.slice(2);
const unknown = asked.filter((mode) => !modes.has(mode));
if (unknown.length > 0) {
  console.error(`There is no mode ${unknown.join(', ')}; there are ${[...modes.keys()].join(', ')}.`);
  process.exit(2);
}
const compiler = findCompiler();
if (compiler === null) {
  console.log('skipped: there is no C++ compiler');
  process.exit(0);
}
let failed = false;
for (const mode of asked.length > 0 ? asked : modes.keys()) {
  const started = Date.now();
  const folder = join(root, 'dist', 'native-tests', mode);
  // Tests the shipped code: the object files that the addon was linked from, if it was built on this machine.
  const kernelObjects = mode === 'plain' ? currentObjects() : null;
  const { passed, output } = await testNativeKernels({
    compiler,
    folder,
    instructionSets,
    extra: modes.get(mode) ?? [],
    kernelObjects,
  });
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`== ${mode}: ${passed ? 'passed' : 'FAILED'} in ${seconds} s\n${output}`);
  failed ||= !passed;
}
process.exit(failed ? 1 : 0);
