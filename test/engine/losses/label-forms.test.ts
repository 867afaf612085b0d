import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { differentiated } from '../../../src-main/bench/conformance/differentiated.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { classLoss, numberLoss, tokenLoss, withLabelForm } from '../../../src-main/engine/losses/batch-loss.ts';
import { checkLossSettings, labelFormOf } from '../../../src-main/engine/losses/label-form-of.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { FrozenWeight, linearCrossEntropy } from '../../../src-main/engine/ops/index.ts';
import { type LabelForm, labelLossOf } from '../../../src-main/engine/ops/loss/label-form.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { causalLanguageModeling } from '../../../src-shared/tasks/causal-lm.ts';
import { textClassification } from '../../../src-shared/tasks/text-classification.ts';
import { goldenPath, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const rowsSchema = z.array(z.array(z.number()));
const goldens = z
  .array(
    z.object({
      form: z.enum(['smoothed', 'dft']),
      smoothing: z.number(),
      logits: rowsSchema,
      labels: z.array(z.number()),
      loss: z.number(),
      gradient: rowsSchema,
    }),
  )
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'label-losses.json'), 'utf8')));

describe.each(goldens)('$form with smoothing $smoothing, in float64 by Transformers and TRL', (golden) => {
  const form: LabelForm = golden.form === 'dft' ? { kind: 'dft' } : { kind: 'smoothed', smoothing: golden.smoothing };
  const expected = golden.gradient.flat();

  it('has this loss and this gradient of the logits', () => {
    const [logits, labels] = [tf.tensor2d(golden.logits), tf.tensor1d(golden.labels, 'int32')];
    const { value, gradients } = differentiated(() => labelLossOf(form, logits, labels), [logits]);
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 5);
    for (const [at, slope] of [...(gradients[0]?.dataSync() ?? [])].entries())
      expect(slope).toBeCloseTo(expected[at] ?? 0, 5);
    tf.dispose([logits, labels, value, gradients]);
  });

  it('has them behind a frozen head, whose logits are computed in blocks', () => {
    const size = golden.logits[0]?.length ?? 0;
    const identity = Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
    const head = new FrozenWeight({ shape: [size, size], data: identity }, null);
    const [x, labels] = [tf.tensor2d(golden.logits), tf.tensor1d(golden.labels, 'int32')];
    const { value, gradients } = differentiated(() => linearCrossEntropy(x, head, labels, 0, form), [x]);
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 5);
    for (const [at, slope] of [...(gradients[0]?.dataSync() ?? [])].entries())
      expect(slope).toBeCloseTo(expected[at] ?? 0, 5);
    tf.dispose([x, labels, value, gradients]);
    head.dispose();
  });
});

it('DFT is the likelihood loss weighted by fixed probabilities: the gradient agrees with differences of that', () => {
  const [values, labels] = [
    [0.3, -1, 2, 0.5, 0.1, -0.4],
    [2, 0],
  ];
  const losses = (logits: readonly number[]) =>
    labels.map((label, row) => {
      const own = logits.slice(3 * row, 3 * row + 3);
      return Math.log(own.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (own[label] ?? 0);
    });
  const fixed = losses(values).map((loss) => Math.exp(-loss));
  const surrogate = (logits: readonly number[]) =>
    losses(logits).reduce((sum, loss, row) => sum + (loss * (fixed[row] ?? 0)) / labels.length, 0);
  const [logits, own] = [tf.tensor2d(values, [2, 3]), tf.tensor1d(labels, 'int32')];
  const { value, gradients } = differentiated(() => labelLossOf({ kind: 'dft' }, logits, own), [logits]);
  expect(value.dataSync()[0]).toBeCloseTo(surrogate(values), 6);
  for (const [at, slope] of [...(gradients[0]?.dataSync() ?? [])].entries()) {
    const moved = (by: number) => surrogate(values.map((one, place) => (place === at ? one + by : one)));
    expect(slope).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5);
  }
  tf.dispose([logits, own, value, gradients]);
});

it('the losses of a batch take the form, in their recordable and padded variants too; outputs stay', async () => {
  const base = await loadBaseModel(goldenPath('llama', 'base'));
  const model = new AdaptedModel(base);
  const inputs = tensorsOf(await readSafetensors(goldenPath('llama', 'inputs.safetensors')));
  const count = inputs['input_ids']?.size ?? 0;
  const labels = Int32Array.from({ length: count }, (_, at) => (at % 3 === 0 ? -100 : at % 7));
  const form = { kind: 'smoothed', smoothing: 0.3 } as const;
  const plain = tokenLoss(labels);
  const { loss } = withLabelForm({ inputs: {}, examples: 1, loss: plain }, form);
  tf.tidy(() => {
    const states = model.states(inputs);
    const expected = labelLossOf(form, model.head(states), tf.tensor1d(labels, 'int32')).dataSync()[0] ?? Number.NaN;
    expect(loss.compute(model, {})(states).dataSync()[0]).toBeCloseTo(expected, 5);
    expect(loss.prepared(model)?.compute(states).dataSync()[0]).toBeCloseTo(expected, 5);
    expect(plain.compute(model, {})(states).dataSync()[0]).not.toBeCloseTo(expected, 3);
    expect(loss.prepared(model)?.form).not.toBe(plain.prepared(model)?.form);
  });
  expect(loss.padded(1, 2).inForm).toBeDefined();
  tf.dispose(inputs);
  model.dispose();
  base.dispose();
});

it('losses without classes keep their form', () => {
  const batch = { inputs: {}, examples: 1, loss: numberLoss(Float32Array.of(1)) };
  expect(withLabelForm(batch, { kind: 'dft' })).toBe(batch);
  const classes = { inputs: {}, examples: 1, loss: classLoss(Int32Array.of(1)) };
  expect(withLabelForm(classes, { kind: 'plain' })).toBe(classes);
});

describe('a form that the run cannot have', () => {
  const settings = { label_smoothing_factor: 0, token_loss: 'nll', neftune_noise_alpha: 0, kl_coefficient: 0 } as const;
  const data = { text: null };

  it('of two kinds is rejected', () => {
    expect(() => labelFormOf({ label_smoothing_factor: 0.1, token_loss: 'dft' })).toThrow(
      'token_loss is dft, which has no smoothed labels, but label_smoothing_factor is 0.1.',
    );
  });

  it('is rejected for a task that writes no tokens, or that has no classes', () => {
    const dft = { ...settings, token_loss: 'dft' } as const;
    expect(() => checkLossSettings(dft, textClassification, data)).toThrow('does not learn to write tokens');
    expect(() => checkLossSettings(dft, causalLanguageModeling, data)).not.toThrow();
    const smoothed = { ...settings, label_smoothing_factor: 0.1 };
    expect(() => checkLossSettings(smoothed, { label: 'Embeddings', uses: [] }, data)).toThrow(
      'no cross-entropy over classes',
    );
    expect(() => checkLossSettings(smoothed, textClassification, data)).not.toThrow();
  });
});
