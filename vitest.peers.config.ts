import { defineConfig } from 'vitest/config';

/** What the studio writes, read by the real PEFT and Transformers: `scripts/tasks/test-peers.mjs` sees to their Python. */
export default defineConfig({
  test: {
    include: ['test/peers/**/*.test.ts'],
    env: { COTO_COMPUTE_BACKENDS: 'native,wasm' },
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
