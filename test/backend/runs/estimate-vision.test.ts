import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { classBatch } from '../../engine/batches.ts';
import { freshModel } from '../../engine/models/fresh-model.ts';
import { estimateOverPeak } from './measured-estimate.ts';

const families = [...['siglip', 'dinov2', 'dinov2-gated', 'dinov2-registers', 'dinov3', 'dinov3-gated', 'deit']];
const cases = families.flatMap((family) => [
  { family, targets: ['q_proj', 'v_proj'] },
  { family, targets: 'all-linear' },
  { family, targets: 'all-linear', checkpoints: true },
]);
const labels = ['left', 'right', 'neither'];
const sizes = {
  ...{ hidden_size: 128, intermediate_size: 320, num_attention_heads: 4, num_hidden_layers: 3 },
  ...{ image_size: 44, patch_size: 4, num_channels: 3 },
};
const id2label = Object.fromEntries(labels.entries());
const batch = 16;

describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it.for(cases)(
    'the estimate is within 10 percent of what is measured: $family, $targets, checkpointing $checkpoints',
    async (one, { skip }) => {
      const { peakBytes } = backend;
      if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
      const { family, file, base } = await freshModel(one.family, sizes, { id2label });
      const shape = [batch, sizes.num_channels, sizes.image_size, sizes.image_size];
      const data = Float32Array.from(
        { length: shape.reduce((product, size) => product * size, 1) },
        (_, at) => (at % 13) / 13,
      );
      const micro = classBatch(
        { pixel_values: { shape, data } },
        Int32Array.from({ length: batch }, (_, at) => at % labels.length),
      );
      const share = await estimateOverPeak({
        ...{ backend, peakBytes, base, labels, micro, batch, outputs: labels.length },
        adapter: { target_modules: one.targets },
        memory: family.memory(file),
        gradientCheckpointing: one.checkpoints ?? false,
      });
      expect(share).toBeGreaterThan(0.9);
      expect(share).toBeLessThan(1.1);
    },
  );
});
