import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import type { AdapterGroup } from '../../../src-main/engine/adapters/passes/adapter-groups.ts';
import type { AdapterVariant } from '../../../src-main/engine/adapters/variant/variant.ts';
import { adapterVariant, adapterVariants } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { CotoController } from '../../../src-main/engine/coto/coto-controller.ts';
import { checkSchedule } from '../../../src-main/engine/coto/schedule-rows.ts';
import { deviceInputs } from '../../../src-main/engine/losses/batch-inputs.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { lossGradients } from '../../../src-main/engine/training/loss-gradients.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { smallParameters } from '../adapters/small-parameters.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { loadBatch } from '../training/vit-run.ts';

let base: BaseModel;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('vit', 'base'));
});

/** A model with an adapter whose tensors are all moved off their start. */
async function adapted({ declaration }: AdapterVariant): Promise<AdaptedModel> {
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(5, 'initialization');
  const settings = { variant: declaration.id, parameters: smallParameters(declaration) };
  await model.createAdapter(adapterSettingsSchema.parse({ ...settings, target_modules: ['q_proj', 'v_proj'] }), {
    random,
    labels: base.description.labels,
  });
  for (const variable of model.trainable().values()) {
    const noise = Float32Array.from({ length: variable.size }, () => 0.1 * random.normal());
    tf.tidy(() => variable.assign(tf.add(variable, tf.tensor(noise, variable.shape))));
  }
  return model;
}

async function lossOf(model: AdaptedModel) {
  const { inputs, loss } = await loadBatch(Int32Array.of(0, 1, 2));
  return (variables: readonly tf.Variable[]) =>
    tf.tidy(() => {
      const target = tf.tensor1d([...loss.labels], 'int32');
      const made = lossGradients(model, deviceInputs(inputs), variables, (states) => model.loss(states, target));
      const gradients = variables.map((variable) => made.gradients.get(variable.name)?.dataSync());
      return { loss: made.value.dataSync()[0] ?? Number.NaN, gradients };
    });
}

/** Derivative of the loss along the gradient of a variable, by central differences and by the gradient itself. */
function alongGradient(compute: Awaited<ReturnType<typeof lossOf>>, variable: tf.Variable): [number, number] | null {
  const gradient = compute([variable]).gradients[0];
  const norm = gradient === undefined ? 0 : Math.hypot(...gradient);
  if (gradient === undefined || norm < 1e-4) return null;
  const before = tf.clone(variable);
  const step = 0.004;
  const at = (sign: number) => {
    const moved = Float32Array.from(gradient, (value) => (sign * step * value) / norm);
    tf.tidy(() => variable.assign(tf.add(before, tf.tensor(moved, variable.shape))));
    return compute([variable]).loss;
  };
  const measured = (at(1) - at(-1)) / (2 * step);
  variable.assign(before);
  before.dispose();
  return [measured, norm];
}

const isClose = ([measured, norm]: readonly [number, number], share: number) =>
  Math.abs(measured - norm) < share * norm + 2e-4;

describe.each(adapterVariants.map((variant) => [variant.declaration.id, variant] as const))(
  'the gates of %s',
  (_, variant) => {
    it('multiply the update: gradients agree with finite differences, and a gate of 1 changes nothing', async () => {
      const model = await adapted(variant);
      try {
        const compute = await lossOf(model);
        const groups = model.groups('layer');
        const all = groups.map(() => 1);
        const variables = [...model.trainable()].filter(([name]) => name.includes('layers.'));
        // DoRA holds its norm fixed in the backward pass: those gradients are no derivatives without gates either.
        const exact = variables.filter(([, variable]) => {
          const pair = alongGradient(compute, variable);
          return pair !== null && isClose(pair, 0.005);
        });
        expect(exact.length).toBeGreaterThan(0);
        const plain = compute([]).loss;
        model.setActive(groups, Uint8Array.from(all), Float32Array.from(all));
        expect(compute([]).loss).toBe(plain);
        model.setActive(groups, Uint8Array.of(1, 1, 0), Float32Array.of(2.5, 1.25, 0));
        expect(compute([]).loss).not.toBe(plain);
        const gated = exact.flatMap(([name, variable]) => {
          const pair = alongGradient(compute, variable);
          return pair === null ? [] : [{ name, pair }];
        });
        expect(gated.length).toBeGreaterThan(0);
        for (const { name, pair } of gated) expect(isClose(pair, 0.02), `${name}: ${pair.join(', ')}`).toBe(true);
      } finally {
        model.dispose();
      }
    });
  },
);

test('a gate on LoRA is a factor on its scaling, on a linear of its own and in a stack', async () => {
  const model = await adapted(adapterVariant('lora'));
  try {
    const compute = await lossOf(model);
    const groups: readonly AdapterGroup[] = model.groups('layer');
    model.setActive(groups, Uint8Array.of(1, 1, 1), Float32Array.of(2, 2, 2));
    const gated = compute([]).loss;
    const [module] = model.adaptedModules();
    expect(module && model.loraFactors(module.module)?.scaling).toBe(2 * (module?.scaling ?? 0));
    model.setActive(groups, null);
    const state = await model.exportState();
    const doubled = [...state.modules].map(([name, one]) => [name, { ...one, scaling: 2 * one.scaling }] as const);
    model.loadState({ ...state, modules: new Map(doubled) });
    expect(relativeDifference([gated], [compute([]).loss])).toBeLessThan(1e-6);
  } finally {
    model.dispose();
  }
});

test('a rescaled step multiplies updates by the inverse of the probability to be on, and an evaluation does not', async () => {
  const model = await adapted(adapterVariant('dora'));
  try {
    const compute = await lossOf(model);
    const plain = compute([]).loss;
    const settings = cotoSettingsSchema.parse({ initial_p: 0.5, curve: 'constant', rescale: 'inverse_survival' });
    const coto = new CotoController(model, settings, 8, { seed: 1, random: RandomStream.seeded(1, 'coto') });
    // Three groups at p = 1/2, drawn again while all are off: 4 of the 7 other draws have a group on.
    for (let step = 0; step < 8; step++) {
      const { mask, gates } = coto.drawFor(step);
      expect([...(gates ?? [])]).toEqual([...mask].map((bit) => Math.fround(bit * (7 / 4))));
      expect(compute([]).loss).not.toBe(plain);
    }
    coto.everythingOn();
    expect(compute([]).loss).toBe(plain);
  } finally {
    model.dispose();
  }
});

describe('a schedule that divides by p', () => {
  const check = (settings: object) =>
    checkSchedule(
      cotoSettingsSchema.parse(settings),
      adapterVariant('lora'),
      {},
      { groups: ['a', 'b'], ranks: [4, 4] },
    );

  it.each([
    [
      { initial_p: 0, rescale: 'inverse_survival' },
      /^coto\.initial_p is 0, but coto\.rescale: inverse_survival divides by/,
    ],
    [{ final_p: 0, rescale: 'inverse_survival' }, /^coto\.final_p is 0, but/],
    [
      { initial_p: 0, schedule: 'gate-noise' },
      /^coto\.initial_p is 0, but the schedule "Gaussian gates \(noise control\)"/,
    ],
    [{ schedule: 'lisa', rescale: 'inverse_survival' }, /^coto\.rescale is inverse_survival, but the schedule "LISA/],
    [{ schedule: 'gate-noise', rescale: 'inverse_survival' }, /^coto\.rescale is inverse_survival, but the schedule/],
    [{ schedule: 'progressive-dropout', rescale: 'inverse_survival' }, /^coto\.rescale is inverse_survival, but/],
  ])('is rejected in one sentence: %j', (settings, sentence) => {
    expect(() => check(settings)).toThrow(sentence);
  });

  it.each([
    { initial_p: 0 },
    { rescale: 'inverse_survival' },
    { schedule: 'random-ranks', rescale: 'inverse_survival' },
  ])('is accepted: %j', (settings) => {
    expect(() => check(settings)).not.toThrow();
  });
});
