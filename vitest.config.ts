import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['test/e2e/**', 'test/real/**', 'test/bench/**', 'test/tfjs/**', 'test/peers/**'],
    // What a machine has must not change what tests compare: backends that need a device or a setup are tested by name.
    env: { COTO_COMPUTE_BACKENDS: 'native,wasm' },
    // Worker threads and child processes are part of what is tested, and native modules want a process of their own.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
