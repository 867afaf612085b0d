import { defineConfig } from 'vitest/config';

/** Vitest forks its workers by this path. They alone run on arm64; what reads and translates the tests is the host's Node. */
process.execPath = process.env['COTO_ARM64_NODE'] ?? process.execPath;

/** The native backend's tests in arm64's Node: `scripts/test-native-arm64.mjs` sees to it, and to the addon. */
export default defineConfig({
  test: {
    include: ['test/engine/**/*.test.ts'],
    env: { COTO_COMPUTE_BACKENDS: 'native', COTO_TEST_BACKENDS: 'native', COTO_TEST_COMPUTE: 'native' },
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
