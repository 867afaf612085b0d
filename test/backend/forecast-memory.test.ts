import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { forecastMemory } from '../../src-main/backend/forecast-memory.ts';
import { activateCompute, computeBackends } from '../../src-main/engine/compute/index.ts';
import { familyOf, readConfig } from '../../src-main/engine/formats/hf-model.ts';
import { AdaptedModel } from '../../src-main/engine/lora/adapted-model.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../src-main/engine/training/optimizers/adamw.ts';
import { TrainingStep } from '../../src-main/engine/training/training-step.ts';
import { type AdapterSettings, adapterSettingsSchema } from '../../src-shared/domain/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { goldenPath } from '../engine/golden.ts';

const bundled = fileURLToPath(new URL('../../assets/models/quickdraw-vit', import.meta.url));
const labels = ['left', 'right', 'neither'];

const attention = { target_modules: ['q_proj', 'v_proj'] };

interface Case {
  readonly what: string;
  readonly model: string;
  readonly batch: number;
  readonly adapter: Partial<AdapterSettings>;
  readonly checkpointing?: boolean;
}

const cases: readonly Case[] = [
  { what: 'the bundled ViT, q and v, 32 pictures', model: bundled, batch: 32, adapter: attention },
  { what: 'the bundled ViT, q and v, 4 pictures', model: bundled, batch: 4, adapter: attention },
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
    what: 'the bundled ViT, DoRA with dropout',
    model: bundled,
    batch: 16,
    adapter: { ...attention, variant: 'dora', lora_dropout: 0.1 },
  },
  { what: 'a ViT of two layers', model: goldenPath('vit-28', 'base'), batch: 64, adapter: {} },
];

/** Every backend that says how much its tensors take, where it is available. */
describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it.for(cases)('the forecast is within 15 percent of what is measured: $what', async (one, { skip }) => {
    const { model: directory, batch, adapter, checkpointing = false } = one;
    const { peakBytes } = backend;
    if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
    const base = await loadBaseModel(directory);
    const model = new AdaptedModel(base);
    const settings = adapterSettingsSchema.parse(adapter);
    await model.createAdapter(settings, { random: RandomStream.seeded(1, 'initialisation'), labels });
    const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
    const optimizer = new AdamW(model.trainable(), options);
    const step = new TrainingStep(model, optimizer, 1, checkpointing);
    const image = base.description.image;
    if (image === null) throw new Error('a ViT without pictures');
    const shape = [batch, image.channels, image.height, image.width];
    const data = Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      (_, at) => (at % 13) / 13,
    );
    const micro = {
      inputs: { pixel_values: { shape, data } },
      labels: Int32Array.from({ length: batch }, (_, at) => at % 3),
    };
    const dropout = RandomStream.seeded(1, 'dropout');
    let peak = 0;
    // The optimizer's moments are there from the second step on.
    for (let count = 0; count < 2; count++) {
      model.setTraining(true, dropout);
      peakBytes.reset();
      await step.run([micro], 1e-3, new Set());
      peak = peakBytes.read();
    }
    const state = await model.exportState();
    const file = await readConfig(directory);
    const parts = forecastMemory({
      description: base.description,
      memory: familyOf(file).memory(file),
      adapters: {
        rank: (name) => state.modules.get(name)?.rank ?? 0,
        dropout: settings.lora_dropout > 0,
        magnitudes: settings.variant === 'dora',
      },
      trained: [...model.trainable().values()].map((variable) => variable.size),
      outputs: labels.length,
      batch,
      gradientCheckpointing: checkpointing,
      bfloat16: false,
      backend: backend.id,
    });
    const forecast = parts.reduce((sum, part) => sum + part.bytes, 0);
    optimizer.dispose();
    model.dispose();
    base.dispose();
    expect(forecast / peak).toBeGreaterThan(0.85);
    expect(forecast / peak).toBeLessThan(1.15);
  });
});
