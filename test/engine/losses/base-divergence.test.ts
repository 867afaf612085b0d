import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { differentiated } from '../../../src-main/bench/conformance/differentiated.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { BaseDivergence } from '../../../src-main/engine/losses/base-divergence.ts';
import { deviceInputs } from '../../../src-main/engine/losses/batch-inputs.ts';
import { type MicroBatch, numberLoss, tokenLoss } from '../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { FrozenWeight } from '../../../src-main/engine/ops/index.ts';
import { linearDivergence, softmaxDivergence } from '../../../src-main/engine/ops/loss/divergence.ts';
import { disposeGradients, OwnPass } from '../../../src-main/engine/training/step-gradients.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const rowsSchema = z.array(z.array(z.number()));
const goldens = z
  .array(z.object({ logits: rowsSchema, reference: rowsSchema, divergence: z.number(), gradient: rowsSchema }))
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'base-divergence.json'), 'utf8')));

describe.each(goldens.map((golden, at) => ({ ...golden, at })))('case $at, in float64 by torch', (golden) => {
  const size = golden.logits[0]?.length ?? 0;
  const expected = golden.gradient.flat();
  const expectGolden = ({ value, gradients }: ReturnType<typeof differentiated>) => {
    expect(value.dataSync()[0]).toBeCloseTo(golden.divergence, 5);
    for (const [at, slope] of [...(gradients[0]?.dataSync() ?? [])].entries())
      expect(slope).toBeCloseTo(expected[at] ?? 0, 6);
    tf.dispose([value, gradients]);
  };

  it('has this divergence and this gradient of the logits, by themselves and behind a head', () => {
    const identity = Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
    const head = new FrozenWeight({ shape: [size, size], data: identity }, null);
    const [logits, reference] = [tf.tensor2d(golden.logits), tf.tensor2d(golden.reference)];
    expectGolden(differentiated(() => softmaxDivergence(logits, reference), [logits]));
    const { weight, bias, bfloat16 } = head;
    const product = { states: logits, weight, bias, bfloat16, softcap: 0 };
    expectGolden(differentiated(() => linearDivergence(product, { states: reference, bias }), [logits]));
    tf.dispose([logits, reference]);
    head.dispose();
  });
});

it('the divergence of (¾, ¼) from (½, ½) is ½ ln 4⁄3, with the gradient (¼, −¼)', () => {
  const [logits, reference] = [tf.tensor2d([[Math.log(3), 0]]), tf.tensor2d([[0, 0]])];
  const { value, gradients } = differentiated(() => softmaxDivergence(logits, reference), [logits]);
  expect(value.dataSync()[0]).toBeCloseTo(0.5 * Math.log(4 / 3), 6);
  const [first = 0, second = 0] = gradients[0]?.dataSync() ?? [];
  expect(first).toBeCloseTo(0.25, 6);
  expect(second).toBeCloseTo(-0.25, 6);
  tf.dispose([logits, reference, value, gradients]);
});

const [rows, tokens] = [2, 5];
const labelsOf = (count: number, first: number) =>
  Int32Array.from({ length: count * tokens }, (_, at) => ((at + first) % 3 === 0 ? -100 : (at + first) % 7));

function batchOf(count: number, first = 0): MicroBatch {
  const shape: [number, number] = [count, tokens];
  const ids = Int32Array.from({ length: count * tokens }, (_, at) => (3 * (at + first)) % 11);
  const mask = new Int32Array(count * tokens).fill(1);
  return {
    inputs: { input_ids: { shape, data: ids }, attention_mask: { shape, data: mask } },
    examples: count,
    loss: tokenLoss(labelsOf(count, first)),
  };
}

/** Runs with a model whose adapter changes the base, unless it is fresh. */
async function withModel(
  settings: object,
  run: (model: AdaptedModel) => Promise<void> | void,
  isFresh = false,
  family = 'llama',
): Promise<void> {
  const base = await loadBaseModel(goldenPath(family, 'base'));
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(3, 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({ r: 2, ...settings }), { random, labels: null });
  if (!isFresh)
    for (const variable of model.trainable().values())
      tf.tidy(() => {
        const values = Array.from({ length: variable.size }, (_, at) => 0.3 * Math.sin(7 * at + variable.size));
        variable.assign(tf.add(variable, tf.tensor(values, variable.shape)));
      });
  try {
    await run(model);
  } finally {
    model.dispose();
    base.dispose();
  }
}

/** Divergence in double precision of the learned tokens' whole outputs. */
function expectedDivergence(model: AdaptedModel, { inputs }: MicroBatch, labels: Int32Array): number {
  const plain = new AdaptedModel(model.base);
  const [own = [], wanted = []] = [model, plain].map((one) =>
    tf.tidy(() => {
      const logits = one.head(one.states(deviceInputs(inputs)));
      return z.array(z.array(z.number())).parse(logits.arraySync());
    }),
  );
  const softmax = (logits: readonly number[]) => {
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    return logits.map((logit) => Math.exp(logit) / sum);
  };
  const learned = [...labels.keys()].filter((at) => labels[at] !== -100);
  const each = learned.map((at) => {
    const [p, q] = [softmax(wanted[at] ?? []), softmax(own[at] ?? [])];
    return p.reduce((sum, one, place) => sum + one * Math.log(one / (q[place] ?? 0)), 0);
  });
  return each.reduce((sum, one) => sum + one, 0) / each.length;
}

/** Loss, measures and gradients of one step. */
async function stepOf(model: AdaptedModel, batches: readonly MicroBatch[], gradientCheckpointing = false) {
  const pass = new OwnPass(model, { gradientCheckpointing });
  const taken = await pass.gradients({ batches, active: [...model.trainable()] });
  const gradients = new Map([...taken.gradients].map(([name, one]) => [name, [...one.dataSync()]]));
  disposeGradients(taken);
  return { loss: taken.loss, kl: taken.measures['kl'] ?? Number.NaN, gradients };
}

const coefficient = 0.7;

describe.each([
  ['of attention', { target_modules: ['q_proj', 'v_proj'] }],
  ['with an adapted head', { target_modules: ['v_proj', 'lm_head'] }],
  ['with a head that is saved whole', { target_modules: ['v_proj'], modules_to_save: ['lm_head'] }],
  ['of HiRA', { target_modules: ['v_proj'], variant: 'hira' }],
])('a step of an adapter %s', (_, settings) => {
  it('adds the divergence of the learned tokens to the loss, whatever the micro-batches', () =>
    withModel(settings, async (model) => {
      const divergence = new BaseDivergence(model, coefficient);
      const batch = batchOf(rows);
      const plain = await stepOf(model, [batch]);
      const added = await stepOf(model, [divergence.added(batch)]);
      const expected = expectedDivergence(model, batch, labelsOf(rows, 0));
      expect(expected).toBeGreaterThan(1e-3);
      expect(added.kl).toBeCloseTo(expected, 5);
      expect(added.loss).toBeCloseTo(plain.loss + coefficient * expected, 5);
      const split = await stepOf(
        model,
        [batchOf(1), batchOf(1, tokens)].map((one) => divergence.added(one)),
      );
      expect(split.loss).toBeCloseTo(added.loss, 5);
      expect(split.kl).toBeCloseTo(added.kl, 5);
    }));

  it('has gradients that agree with finite differences, with checkpoints too', () =>
    withModel(settings, async (model) => {
      const batches = [new BaseDivergence(model, 5).added(batchOf(rows))];
      const { gradients } = await stepOf(model, batches);
      const checkpointed = await stepOf(model, batches, true);
      for (const [name, variable] of model.trainable()) {
        const gradient = gradients.get(name) ?? [];
        for (const [at, slope] of gradient.entries())
          expect(checkpointed.gradients.get(name)?.[at]).toBeCloseTo(slope, 4);
        // The entry with the steepest slope: differences of others drown in the rounding of float32.
        const at = gradient.reduce(
          (best, one, place) => (Math.abs(one) > Math.abs(gradient[best] ?? 0) ? place : best),
          0,
        );
        const original = Float32Array.from(variable.dataSync());
        const lossAt = async (by: number) => {
          const moved = original.map((one, place) => (place === at ? one + by : one));
          tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
          return (await stepOf(model, batches)).loss;
        };
        const step = 0.01;
        const difference = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
        await lossAt(0);
        expect(Math.abs(difference - (gradient[at] ?? 0))).toBeLessThan(2e-3 + 0.02 * Math.abs(difference));
      }
    }));
});

it('a fresh adapter, and one that is off, do not diverge', async () => {
  const settings = { target_modules: ['q_proj'] };
  const klOf = async (model: AdaptedModel) =>
    (await stepOf(model, [new BaseDivergence(model, coefficient).added(batchOf(rows))])).kl;
  await withModel(settings, async (model) => expect(await klOf(model)).toBeCloseTo(0, 6), true);
  // Its factors are taken off the base, which the reference still is.
  const pissa = { ...settings, init_lora_weights: 'pissa' };
  await withModel(pissa, async (model) => expect(await klOf(model)).toBeCloseTo(0, 5), true);
  await withModel(settings, async (model) => {
    const groups = model.groups('layer');
    model.setActive(groups, new Uint8Array(groups.length));
    expect(await klOf(model)).toBeCloseTo(0, 6);
  });
});

it('a model with an encoder compares the tokens of its decoder', () =>
  withModel(
    { target_modules: ['q', 'v'] },
    async (model) => {
      const { inputs, ...batch } = batchOf(rows);
      const { input_ids, attention_mask } = inputs;
      if (!input_ids || !attention_mask) throw new Error('the batch lacks its inputs');
      const decoder = { decoder_input_ids: input_ids, decoder_attention_mask: attention_mask };
      const both = { ...batch, inputs: { ...inputs, ...decoder } };
      const { kl } = await stepOf(model, [new BaseDivergence(model, coefficient).added(both)]);
      const expected = expectedDivergence(model, both, labelsOf(rows, 0));
      expect(expected).toBeGreaterThan(1e-3);
      expect(kl).toBeCloseTo(expected, 4);
    },
    false,
    't5',
  ));

it('a coefficient of 0 and losses without tokens leave a batch unchanged', () =>
  withModel({ target_modules: ['q_proj'] }, (model) => {
    const batch = batchOf(rows);
    expect(new BaseDivergence(model, 0).added(batch)).toBe(batch);
    const numbers = { ...batch, loss: numberLoss(Float32Array.of(1, 2)) };
    expect(new BaseDivergence(model, 1).added(numbers)).toBe(numbers);
  }));
