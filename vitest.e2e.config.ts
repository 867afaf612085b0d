import { defineConfig } from 'vitest/config';

/** Tests in the real Electron, one after the other: `scripts/tasks/e2e.mjs` sees to the runtime, the screen and the build. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    // What a machine has must not change what tests compare: backends that need a device or a setup are tested by name.
    env: { COTO_COMPUTE_BACKENDS: 'native,wasm' },
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
