import { expect, test } from 'vitest';
import { BenchRunner } from '../../src-main/bench/bench-runner.ts';
import { benchVariants, workloads } from '../../src-main/bench/run-bench.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';

const resources = `${import.meta.dirname}/../../assets`;
const vit = workloads.find(({ id }) => id === 'vit');

test.each(benchVariants)('%s takes a step of the bench', async (variant) => {
  if (vit === undefined) throw new Error('the bench has no ViT');
  await activateCompute('wasm', 1);
  const runner = await BenchRunner.load(vit, variant, { small: true, resources, folder: '', bfloat16: false });
  try {
    expect(await runner.run(null)).toBeGreaterThan(0);
  } finally {
    runner.dispose();
  }
});
