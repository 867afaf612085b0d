import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const core = join(import.meta.dirname, 'node_modules/@tensorflow/tfjs-core/dist');

/** What the native backend leaves out, since nothing in the engine uses it, and what the tests want of other words. */
const leftOut = [
  // Types: complex numbers and strings.
  'complex',
  '(add|sub) .*upcasts when dtypes dont match',
  'string',
  'squeeze .*(default|specific dimension|all ones|squeeze only ones)',
  // Kernels: atan2, prelu, the gradients of elu and of products, gathering by batches.
  'atan2',
  'prelu',
  'elu .*(derivative|gradient with clones)',
  'prod .*gradients',
  'gather .*(batchDims|batch dims)',
  // Sign of NaN is NaN here.
  'sign .*(basic|does not propagate NaNs|accepts a tensor-like object)',
  // An index out of bounds is refused in other words.
  'gather .*throws when index is out of bound',
  // A view on jasmine itself.
  'concat3d',
  // Counts tensors that an earlier suite of the same process left.
  'has no mem leak',
];

/** tfjs's own tests of the operations that the native backend has kernels for: `vitest run --config vitest.tfjs.config.ts`. */
export default defineConfig({
  resolve: {
    // Its tests and our backend must meet in one engine, and tfjs's glue to jasmine is replaced by one to vitest.
    alias: [
      { find: /^@tensorflow\/tfjs-core$/, replacement: join(core, 'index.js') },
      { find: /^.*\/jasmine_util$/, replacement: join(import.meta.dirname, 'test/tfjs/jasmine-util.ts') },
    ],
  },
  test: {
    include: ['test/tfjs/**/*.test.ts'],
    globals: true,
    testNamePattern: new RegExp(`^(?!.*(${leftOut.join('|')}))`, 'i'),
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    server: { deps: { inline: [/tfjs-core/] } },
  },
});
