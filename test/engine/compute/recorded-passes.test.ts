import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import type { TrainableModel } from '../../../src-main/engine/adapters/model/trainable-model.ts';
import { namesOff } from '../../../src-main/engine/adapters/passes/adapter-groups.ts';
import { passRecorder } from '../../../src-main/engine/compute/active-recorder.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { GpuPassRecorder } from '../../../src-main/engine/compute/webgpu/replay/pass-recorder.ts';
import type { MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import type { StateKeeping } from '../../../src-main/engine/training/state-keeping.ts';
import { OwnPass } from '../../../src-main/engine/training/step-gradients.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { classBatch, tokenBatch } from '../batches.ts';
import { goldenPath } from '../golden.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

beforeAll(async () => {
  if (report?.available) await activateCompute('webgpu');
});

type Labels = 'classes' | 'tags' | 'next tokens' | 'answers' | 'images';

/** Two examples; of texts the second ends with padding. */
function batchOf(seed: number, of: Labels, classes: number, pixels: readonly number[] | null): MicroBatch {
  const random = RandomStream.seeded(seed, 'data');
  const classLabels = () => Int32Array.from([0, 1], () => random.integer(classes));
  if (pixels !== null) {
    const shape = [2, ...pixels];
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length: count }, () => random.uniform() - 0.5);
    return classBatch({ pixel_values: { shape, data } }, classLabels());
  }
  const width = of === 'answers' ? 24 : 6;
  const shape = [2, width];
  const data = Int32Array.from({ length: 2 * width }, () => 3 + random.integer(20));
  const mask = Int32Array.from(data, (_, place) => (place < 2 * width - 2 ? 1 : 0));
  const inputs = { input_ids: { shape, data }, attention_mask: { shape, data: mask } };
  if (of === 'tags') {
    const labels = data.map((id, place) => (place % 2 === 1 || mask[place] === 0 ? -100 : id % classes));
    return tokenBatch(inputs, labels);
  }
  if (of === 'classes') return classBatch(inputs, classLabels());
  const labels = data.map((_, place) =>
    (place + 1) % width === 0 || mask[place + 1] === 0 ? -100 : (data[place + 1] ?? 0),
  );
  // In that case, 28 to 30 of 48 tokens are predicted, each counted as 30.
  if (of === 'answers') labels.fill(-100, 0, 14 + random.integer(3));
  return tokenBatch(inputs, labels);
}

interface Training {
  readonly family: string;
  readonly of: Labels;
  readonly variant?: string;
  readonly micro?: number;
  /** The step before which all variables get other buffers, with other values. */
  readonly replacedAt?: number;
  /** Single adapters of a layer are on and off. */
  readonly byModule?: boolean;
  readonly dropout?: number;
  readonly keeping?: StateKeeping;
}

/** Losses, norms and final values of some steps under changing masks; `isRecorded`: by a model whose passes may be recorded. */
async function train(training: Training, isRecorded: boolean) {
  const { family, of, variant = 'lora', micro = 1, replacedAt, byModule = false, dropout = 0, keeping = {} } = training;
  const base = await loadBaseModel(goldenPath(family, 'base'));
  const before = tf.memory().numTensors;
  const model = new AdaptedModel(base);
  const headTask = of === 'tags' ? 'TOKEN_CLS' : undefined;
  const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear', variant, parameters: { r: 3 } });
  const random = RandomStream.seeded(1, 'initialization');
  await model.createAdapter(settings, { random, labels: base.description.labels, ...(headTask ? { headTask } : {}) });
  model.dropout.inputChance = dropout;
  const seen: TrainableModel = isRecorded ? model : Object.create(model, { passVariants: { value: () => null } });
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1 });
  const step = new TrainingStep(seen, optimizer, 1, {}, {}, new OwnPass(seen, keeping));
  const groups = model.groups(byModule ? 'module' : 'layer');
  const { image, labels } = base.description;
  const pixels = image && [image.channels, image.height, image.width];
  const told: number[] = [];
  model.setTraining(true, RandomStream.seeded(3, 'dropout'));
  // All layers, each alone, and so on: parts that were recorded under one mask are combined under another.
  const masks = byModule ? masksByModule(groups.length) : [null, null, null, [1, 0], [0, 1], [1, 1], [1, 0], null];
  for (const [at, mask] of masks.entries()) {
    const bytes = mask && Uint8Array.from(groups, (_, group) => mask[group % mask.length] ?? 1);
    model.setActive(groups, bytes);
    if (at === replacedAt)
      for (const variable of model.trainable().values()) tf.tidy(() => variable.assign(tf.mul(variable, 1.5)));
    const batches = Array.from({ length: micro }, (_, part) => batchOf(10 * at + part, of, labels.length, pixels));
    const { loss, gradientNorm } = await step.run(batches, 0.01, namesOff(groups, bytes, 'variableNames'), at);
    told.push(loss, gradientNorm);
  }
  // Whatever is recorded, the next step draws the same.
  told.push(...(model.dropoutState() ?? []));
  const values: Record<string, Float32Array> = {};
  for (const [name, variable] of model.trainable()) values[name] = Float32Array.from(await variable.data());
  const recorder = passRecorder();
  if (!(recorder instanceof GpuPassRecorder)) throw new Error('nothing records');
  const { refusal, counts } = recorder;
  const happened = { refusal, ...counts };
  step.end();
  optimizer.dispose();
  model.dispose();
  const left = tf.memory().numTensors - before;
  base.dispose();
  return { told, values, happened, left };
}

/** Every adapter is once on and once off when the drawn ones begin, which are new each time. */
function masksByModule(count: number): (number[] | null)[] {
  const random = RandomStream.seeded(5, 'coto');
  const drawn = Array.from({ length: drawnMasks }, () => Array.from({ length: count }, () => random.integer(2)));
  return [null, [1, 0], [1, 0], [0, 1], ...drawn, null];
}

const drawnMasks = 6;

describe.skipIf(report?.available !== true)('passes that are recorded and replayed', () => {
  it.each<Training>([
    { family: 'vit', of: 'images' },
    { family: 'roberta', of: 'tags' },
    { family: 'deberta-v2', of: 'classes' },
    { family: 'llama', of: 'next tokens' },
    { family: 'llama', of: 'next tokens', variant: 'dora' },
    { family: 'llama', of: 'next tokens', variant: 'hira' },
    { family: 'llama', of: 'next tokens', replacedAt: 4 },
    { family: 'qwen3', of: 'next tokens', micro: 2 },
    { family: 'llama', of: 'next tokens', byModule: true },
    { family: 'vit', of: 'images', byModule: true, dropout: 0.3 },
    { family: 'llama', of: 'next tokens', byModule: true, variant: 'dora' },
    { family: 'roberta', of: 'tags', byModule: true, variant: 'hira' },
    { family: 'vit', of: 'images', dropout: 0.3 },
    { family: 'llama', of: 'next tokens', dropout: 0.3, variant: 'dora' },
    { family: 'llama', of: 'next tokens', dropout: 0.3, micro: 2 },
    { family: 'vit', of: 'images', keeping: { gradientCheckpointing: true }, dropout: 0.3 },
    { family: 'llama', of: 'next tokens', keeping: { halved: true } },
    { family: 'llama', of: 'next tokens', keeping: { gradientCheckpointing: true, halved: true }, dropout: 0.3 },
  ])('train $family on $of as passes that run each time (%#)', async (training) => {
    const plain = await train(training, false);
    const { replayed } = plain.happened;
    const recorded = await train(training, true);
    expect(recorded.happened.refusal).toBe(null);
    // Passes with other buffers are recorded again.
    const least = training.byModule ? drawnMasks : training.replacedAt === undefined ? 3 * (training.micro ?? 1) : 1;
    expect(recorded.happened.replayed - replayed).toBeGreaterThanOrEqual(least);
    expect(recorded.told).toEqual(plain.told);
    expect(recorded.values).toEqual(plain.values);
    expect(recorded.left).toBe(plain.left);
  });

  it('replays batches whose answers are not of the same length', async () => {
    const training = { family: 'llama', of: 'answers' } as const;
    const plain = await train(training, false);
    const { replayed } = plain.happened;
    const recorded = await train(training, true);
    expect(recorded.happened.replayed - replayed).toBeGreaterThanOrEqual(3);
    // Places without labels fill the batch up: sums over more rows are rounded otherwise.
    for (const [at, value] of plain.told.entries()) expect(recorded.told[at]).toBeCloseTo(value, 5);
    expect(recorded.left).toBe(plain.left);
  });
});
