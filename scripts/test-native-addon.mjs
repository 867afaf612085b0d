// Runs the compute suites on the native addon built with AddressSanitizer and UndefinedBehaviorSanitizer:
// node scripts/test-native-addon.mjs. Every tensor is then a block of exactly its own size, really freed when it is released.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSanitized, findCompiler } from './bootstrap/native.mjs';
import { root } from './bootstrap/paths.mjs';

const suites = [
  'test/engine/compute',
  'test/engine/linalg/lapack.test.ts',
  'test/engine/training/golden-training.test.ts',
  'test/engine/adapters',
];

const compiler = findCompiler();
if (compiler === null) {
  console.log('skipped: there is no C++ compiler');
  process.exit(0);
}
const addon = await buildSanitized(join(root, 'dist', 'native-address'), compiler);
const runtimes = ['libasan.so', 'libubsan.so'].map((name) =>
  spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim(),
);
const answer = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit*', ...suites, '--maxWorkers=1'],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      LD_PRELOAD: runtimes.join(' '),
      // Node itself keeps memory until it ends; what the addon keeps is counted by its own tests.
      ASAN_OPTIONS: 'detect_leaks=0',
      COTO_NATIVE_ADDON: addon,
      COTO_TEST_CHECKED_MEMORY: '1',
      COTO_TEST_COMPUTE: 'native',
    },
  },
);
process.exit(answer.status ?? 1);
