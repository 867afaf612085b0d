import { defineConfig } from 'vitest/config';

/** Tests in the real Electron, one after the other: `scripts/tasks/e2e.mjs` sees to the runtime, the screen and the build. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
