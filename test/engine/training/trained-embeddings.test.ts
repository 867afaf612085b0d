import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { LabelLoss, MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { Optimizer } from '../../../src-main/engine/optimizers/optimizer.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { type AdapterSettings, adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { tokenBatch } from '../batches.ts';
import { floats, goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

/** Trained parts before the layers, alone or together with them. llama3 is tied. */
const cases: [string, Partial<AdapterSettings>, string][] = [
  ['llama', { target_modules: ['embed_tokens', 'q_proj'] }, 'model.embed_tokens.lora_embedding_A'],
  ['llama', { target_modules: ['embed_tokens', 'q_proj'] }, 'model.embed_tokens.lora_embedding_B'],
  ['llama', { target_modules: ['v_proj'], modules_to_save: ['embed_tokens', 'lm_head'] }, 'model.embed_tokens.weight'],
  ['llama3', { target_modules: ['v_proj'], modules_to_save: ['embed_tokens'] }, 'model.embed_tokens.weight'],
  ['llama3', { variant: 'dora', target_modules: ['embed_tokens'] }, 'model.embed_tokens.lora_magnitude_vector'],
  ['gpt2', { target_modules: ['wte', 'wpe', 'c_attn'] }, 'transformer.wpe.lora_embedding_B'],
  ['gpt2', { target_modules: ['c_fc'], modules_to_save: ['wpe'] }, 'transformer.wpe.weight'],
];
const bases = new Map<string, { base: BaseModel; batch: MicroBatch<LabelLoss> }>();

beforeAll(async () => {
  await activateCompute(testCompute);
  for (const family of ['llama', 'llama3', 'gpt2'])
    bases.set(family, { base: await loadBaseModel(goldenPath(family, 'base')), batch: await batchOf(family) });
});
afterAll(() => {
  for (const { base } of bases.values()) base.dispose();
});

describe.each(cases)('%s with %o', (family, settings, name) => {
  it(`gives ${name} a gradient that agrees with finite differences, with gradient checkpointing the same bits`, async () => {
    const { base, batch } = bases.get(family) ?? fail();
    const before = tf.memory().numTensors;
    const model = await adapted(base, settings);
    expect(model.trainsBelowLayers()).toBe(true);
    const plain = await gradientsOf(model, batch, false);
    expect([...plain.keys()].sort()).toEqual([...model.trainable().keys()].sort());
    expect(await gradientsOf(model, batch, true)).toEqual(plain);

    const variable = model.trainable().get(name) ?? fail();
    const gradient = plain.get(name) ?? fail();
    const norm = Math.hypot(...gradient);
    expect(norm).toBeGreaterThan(0);
    const step = 1e-2 / norm;
    const start = Float32Array.from(variable.dataSync());
    const lossAt = (factor: number) => {
      tf.tidy(() =>
        variable.assign(
          tf.tensor(
            start.map((value, at) => value + factor * (gradient[at] ?? 0)),
            variable.shape,
          ),
        ),
      );
      return lossOf(model, batch);
    };
    const slope = (lossAt(step) - lossAt(-step)) / (2 * step);
    expect(Math.abs(slope / norm ** 2 - 1)).toBeLessThan(2e-2);
    model.dispose();
    // Values that a module keeps for DoRA's norms stay with the base.
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(model.base.description.linears.length);
  });
});

it('trains an embedding whose group cannot be switched off when every layer is', async () => {
  const { base, batch } = bases.get('llama') ?? fail();
  const model = await adapted(base, { target_modules: ['embed_tokens', 'q_proj'] });
  const groups = model.groups('layer');
  expect(groups.flatMap(({ modules }) => modules).some((module) => module.includes('embed_tokens'))).toBe(false);
  model.setActive(groups, new Uint8Array(groups.length));
  expect(model.lowestActiveLayer()).toBe(0);
  const off = new Set(groups.flatMap(({ variableNames }) => variableNames));
  expect([...(await gradientsOf(model, batch, false, off)).keys()]).toEqual([
    'model.embed_tokens.lora_embedding_A',
    'model.embed_tokens.lora_embedding_B',
  ]);
  model.dispose();
});

it('leaves the head alone that an adapted or saved embedding is tied to, merged as well', async () => {
  const { base } = bases.get('llama3') ?? fail();
  const inputs = tensorsOf(await readSafetensors(goldenPath('llama3', 'inputs.safetensors')));
  const head = base.description.linears.find(({ isHead }) => isHead) ?? fail();
  const x = tf.tensor2d(
    Array.from({ length: 3 * base.description.hiddenSize }, (_, at) => Math.sin(at)),
    [3, base.description.hiddenSize],
  );
  const model = new AdaptedModel(base);
  const logits = () => tf.tidy(() => Float32Array.from(model.linear(head, x).dataSync()));
  const outputs = () => tf.tidy(() => Float32Array.from(model.forward(inputs).dataSync()));
  const [before, whole] = [logits(), outputs()];
  const random = RandomStream.seeded(3, 'initialization');
  for (const settings of [{ target_modules: ['embed_tokens'] }, { modules_to_save: ['embed_tokens'] }]) {
    await model.createAdapter(adapterSettingsSchema.parse({ target_modules: ['q_proj'], ...settings }), {
      random,
      labels: null,
    });
    shake(model, random);
    expect(logits()).toEqual(before);
    const adaptedOutputs = outputs();
    expect(relativeDifference(adaptedOutputs, whole)).toBeGreaterThan(1e-3);
    await model.mergeIntoBase();
    expect(logits()).toEqual(before);
    expect(relativeDifference(outputs(), adaptedOutputs)).toBeLessThan(1e-5);
    model.clear();
    expect(outputs()).toEqual(whole);
  }
  tf.dispose([x, inputs]);
});

async function adapted(base: BaseModel, settings: Partial<AdapterSettings>): Promise<AdaptedModel> {
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(4, 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({ r: 3, ...settings }), { random, labels: null });
  shake(model, random);
  return model;
}

/** Moves everything trained: B starts at zero, which would leave A without a gradient. */
function shake(model: AdaptedModel, random: RandomStream): void {
  for (const variable of model.trainable().values()) {
    const moved = variable.dataSync().map((value) => value + 0.1 * random.normal());
    tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(moved), variable.shape)));
  }
}

async function batchOf(family: string): Promise<MicroBatch<LabelLoss>> {
  const ids = (await readSafetensors(goldenPath(family, 'inputs.safetensors'))).get('input_ids') ?? fail();
  const data = Int32Array.from(floats(ids));
  const tokens = ids.shape[1] ?? 1;
  const labels = data.map((_, at) => ((at + 1) % tokens === 0 ? -100 : (data[at + 1] ?? -100)));
  return tokenBatch({ input_ids: { shape: ids.shape, data } }, labels);
}

async function gradientsOf(
  model: AdaptedModel,
  batch: MicroBatch<LabelLoss>,
  checkpointing: boolean,
  frozen: ReadonlySet<string> = new Set(),
) {
  const seen = new Map<string, number[]>();
  const recorder: Optimizer = {
    step: (gradients) => {
      for (const [name, gradient] of gradients) seen.set(name, [...gradient.dataSync()]);
    },
    state: async () => ({ steps: new Map(), tensors: new Map() }),
    restore: () => undefined,
    dispose: () => undefined,
  };
  await new TrainingStep(model, recorder, 0, { gradientCheckpointing: checkpointing }).run([batch], 0, frozen);
  return seen;
}

function lossOf(model: AdaptedModel, batch: MicroBatch<LabelLoss>): number {
  return tf.tidy(() => {
    const ids = batch.inputs['input_ids'] ?? fail();
    const states = model.statesFrom(model.embed({ input_ids: tf.tensor(ids.data, [...ids.shape], 'int32') }));
    return model.loss(states, tf.tensor1d(batch.loss.labels, 'int32')).dataSync()[0] ?? Number.NaN;
  });
}

function fail(): never {
  throw new Error('missing');
}
