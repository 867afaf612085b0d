import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { familyOf, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { classBatch } from '../../engine/batches.ts';
import { goldenPath } from '../../engine/golden.ts';
import { estimateOverPeak } from './measured-estimate.ts';

const bundled = fileURLToPath(new URL('../../../assets/models/quickdraw-vit', import.meta.url));
const labels = ['left', 'right', 'neither'];

const attention = { target_modules: ['q_proj', 'v_proj'] };

interface Case {
  readonly what: string;
  readonly model: string;
  readonly batch: number;
  readonly adapter: Record<string, unknown>;
  readonly checkpointing?: boolean;
  readonly run?: Record<string, unknown>;
}

const cases: readonly Case[] = [
  { what: 'the bundled ViT, q and v, 32 images', model: bundled, batch: 32, adapter: attention },
  { what: 'the bundled ViT, q and v, 4 images', model: bundled, batch: 4, adapter: attention },
  { what: 'the bundled ViT, every linear', model: bundled, batch: 16, adapter: { r: 16 } },
  {
    what: 'the bundled ViT, the feed-forward part with dropout',
    model: bundled,
    batch: 16,
    adapter: { target_modules: ['fc1', 'fc2'], lora_dropout: 0.1 },
  },
  {
    what: 'the bundled ViT, its upper layers',
    model: bundled,
    batch: 32,
    adapter: { layers_to_transform: [8, 9, 10, 11] },
  },
  {
    what: 'the bundled ViT, every linear, with gradient checkpointing',
    model: bundled,
    batch: 64,
    adapter: {},
    checkpointing: true,
  },
  { what: 'the bundled ViT, every linear with DoRA', model: bundled, batch: 16, adapter: { variant: 'dora' } },
  {
    what: 'the bundled ViT by HiRA with dropout',
    model: bundled,
    batch: 16,
    adapter: { ...attention, variant: 'hira', hira_dropout: 0.1 },
  },
  {
    what: 'the bundled ViT, DoRA with dropout',
    model: bundled,
    batch: 16,
    adapter: { ...attention, variant: 'dora', lora_dropout: 0.1 },
  },
  { what: 'the bundled ViT by LoRA-Pro', model: bundled, batch: 4, adapter: { ...attention, variant: 'lora-pro' } },
  { what: 'the bundled ViT by LoRA-FA', model: bundled, batch: 8, adapter: { variant: 'lora-fa', r: 64 } },
  { what: 'the bundled ViT by AdaLoRA', model: bundled, batch: 8, adapter: { variant: 'adalora' } },
  { what: 'the bundled ViT by LoHa', model: bundled, batch: 4, adapter: { variant: 'loha' } },
  {
    what: 'the bundled ViT by LoKr with dropout',
    model: bundled,
    batch: 4,
    adapter: { variant: 'lokr', parameters: { rank_dropout: 0.1 } },
  },
  {
    what: 'the bundled ViT by GraLoRA with a LoRA beside',
    model: bundled,
    batch: 4,
    adapter: { variant: 'gralora', parameters: { hybrid_r: 4 } },
  },
  { what: 'the bundled ViT by HiRA', model: bundled, batch: 4, adapter: { variant: 'hira' } },
  { what: 'the bundled ViT by SHiRA', model: bundled, batch: 4, adapter: { variant: 'shira', r: 16 } },
  { what: 'the bundled ViT by DeLoRA', model: bundled, batch: 4, adapter: { variant: 'delora' } },
  { what: 'the bundled ViT by RandLoRA', model: bundled, batch: 4, adapter: { variant: 'randlora', r: 32 } },
  { what: 'the bundled ViT by OFT', model: bundled, batch: 4, adapter: { variant: 'oft' } },
  { what: 'the bundled ViT by C3A', model: bundled, batch: 4, adapter: { variant: 'c3a', block_size: 32 } },
  { what: 'the bundled ViT by SGD', model: bundled, batch: 16, adapter: { r: 16 }, run: { optim: 'sgd' } },
  { what: 'a ViT of two layers', model: goldenPath('vit-28', 'base'), batch: 64, adapter: {} },
];

/** Every backend that says how much its tensors take, where it is available. */
describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it.for(cases)('the estimate is within 15 percent of what is measured: $what', async (one, { skip }) => {
    const { model: directory, batch, adapter, checkpointing = false, run = {} } = one;
    const { peakBytes } = backend;
    if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
    const base = await loadBaseModel(directory);
    const image = base.description.image;
    if (image === null) throw new Error('a ViT without images');
    const shape = [batch, image.channels, image.height, image.width];
    const data = Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      (_, at) => (at % 13) / 13,
    );
    const micro = classBatch(
      { pixel_values: { shape, data } },
      Int32Array.from({ length: batch }, (_, at) => at % 3),
    );
    const file = await readConfig(directory);
    const memory = familyOf(file).memory(file);
    const given = { backend, peakBytes, base, adapter, run, labels, micro, batch, memory, outputs: labels.length };
    const share = await estimateOverPeak({ ...given, gradientCheckpointing: checkpointing });
    expect(share).toBeGreaterThan(0.85);
    expect(share).toBeLessThan(1.15);
  });
});
