import { expect, it } from 'vitest';
import { measureLimits } from '../../src-main/bench/gpu/limits/index.ts';
import { cardLimitsSchema } from '../../src-main/bench/gpu/report.ts';
import { findAdapter } from '../../src-main/engine/compute/webgpu/device.ts';

const found = await findAdapter();
const why = typeof found === 'string' ? ` (not here: ${found})` : '';

it.skipIf(typeof found === 'string')(`tells what a card reaches alone${why}`, async () => {
  if (typeof found === 'string') return;
  const { adapter } = found;
  for (const features of adapter.features.has('shader-f16') ? [['shader-f16' as const], []] : [[]]) {
    const device = await (await freshAdapter()).requestDevice({ requiredFeatures: features });
    const problems: string[] = [];
    device.addEventListener('uncapturederror', ({ error }) => problems.push(error.message));
    const limits = cardLimitsSchema.parse(await measureLimits(device, true));
    expect(problems).toEqual([]);
    expect(limits.copyGigabytes).toBeGreaterThan(0);
    // The tuned product checks its sums; without float16 there is none of it.
    expect(limits.product.float32Gflops).toBeGreaterThan(0);
    const isHalf = features.length > 0;
    expect(limits.peakGflops.float16 === null).toBe(!isHalf);
    expect(limits.product.float16Gflops === null).toBe(!isHalf);
    device.destroy();
  }
});

/** Dawn lives as long as these are referenced. */
const held: GPU[] = [];

/** An adapter gives one device. */
async function freshAdapter(): Promise<GPUAdapter> {
  const another = await findAdapter();
  if (typeof another === 'string') throw new Error(another);
  held.push(another.gpu);
  return another.adapter;
}
