import { defineConfig } from 'vitest/config';

/** Tests on real checkpoints: `scripts/tasks/test-real.mjs` fetches them. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    globalSetup: ['test/real/convert-smollm2.ts'],
    env: { COTO_COMPUTE_BACKENDS: 'native,wasm' },
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
