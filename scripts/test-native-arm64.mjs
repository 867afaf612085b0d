// Builds the native kernels and the addon for Linux on arm64, and tests them emulated: node scripts/test-native-arm64.mjs
// [kernels] [neon] [sve] (all three without arguments): the kernels' own tests; the addon's in arm64's Node, on a processor
// with NEON alone, and on one with SVE and bfloat16, which oneDNN's products take. Nothing that is timed here says anything.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureArm64 } from './bootstrap/arm64.mjs';
import { buildForArm64, oneInstructionSet } from './bootstrap/native.mjs';
import { testNativeKernels } from './bootstrap/native-kernels.mjs';
import { root } from './bootstrap/paths.mjs';

/** Each with a processor of qemu's. */
const modes = new Map([
  ['kernels', 'cortex-a72'],
  ['neon', 'cortex-a72'],
  ['sve', 'neoverse-v1'],
]);

const suites = [
  'test/engine/compute/conformance-native.test.ts',
  'test/engine/compute/native.test.ts',
  'test/engine/training/golden-training.test.ts',
  'test/engine/training/bfloat16-trajectory.test.ts',
];

const asked = process.argv.slice(2);
const unknown = asked.filter((mode) => !modes.has(mode));
if (unknown.length > 0) {
  console.error(`There is no mode ${unknown.join(', ')}; there are ${[...modes.keys()].join(', ')}.`);
  process.exit(2);
}
const arm64 = ensureArm64();
if ('reason' in arm64) {
  console.log(`skipped: ${arm64.reason}`);
  process.exit(0);
}

const folder = join(root, 'dist', 'native-arm64');
mkdirSync(folder, { recursive: true });
const wanted = asked.length > 0 ? asked : [...modes.keys()];
const needsAddon = wanted.some((mode) => mode !== 'kernels');
const addon = needsAddon ? await buildForArm64(folder, arm64.compiler, arm64.extra) : '';
let failed = false;
for (const mode of wanted) {
  const started = Date.now();
  process.env.QEMU_CPU = modes.get(mode);
  const passed = mode === 'kernels' ? await testKernels(arm64) : testAddon(arm64.node);
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`== ${mode} (${modes.get(mode)}): ${passed ? 'passed' : 'FAILED'} in ${seconds} s`);
  failed ||= !passed;
}
process.exit(failed ? 1 : 0);

/** @param {{ compiler: string, emulator: string[] }} tools */
async function testKernels({ compiler, emulator }) {
  const { passed, output } = await testNativeKernels({
    compiler,
    folder: join(folder, 'kernels'),
    instructionSets: oneInstructionSet,
    extra: [],
    emulator,
  });
  console.log(output);
  return passed;
}

/** @param {string} node */
function testAddon(node) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--project', 'arm64', ...suites];
  const env = { ...process.env, COTO_ARM64_NODE: node, COTO_NATIVE_ADDON: addon };
  return spawnSync(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit', env }).status === 0;
}
