import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { differentiated } from '../../../../src-main/bench/conformance/differentiated.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { preferenceLoss, preferenceLosses } from '../../../../src-main/engine/tasks/preference/losses/index.ts';
import { preferenceLossIds, preferenceSettings } from '../../../../src-shared/tasks/preference.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const numbers = z.array(z.number());
const pairs = z.object({ chosen: numbers, rejected: numbers });
const goldenSchema = z.object({
  madeBy: z.string(),
  cases: z.array(
    z.object({
      loss_type: z.enum(preferenceLossIds),
      settings: z.record(z.string(), z.number()),
      given: z.union([
        pairs.extend({
          ...{ chosenReference: numbers, rejectedReference: numbers },
          ...{ chosenTokens: numbers, rejectedTokens: numbers },
        }),
        pairs.extend({ nll: z.number() }),
        z.object({
          labels: z.array(z.boolean()),
          sums: numbers,
          references: numbers,
          klSums: numbers,
          klReferences: numbers,
        }),
      ]),
      made: z.object({
        loss: z.number(),
        kl: z.number().optional(),
        gradients: z.union([numbers, pairs.extend({ nll: z.number().optional() })]),
      }),
    }),
  ),
});
const { madeBy, cases } = goldenSchema.parse(JSON.parse(readFileSync(goldenPath('preference', 'losses.json'), 'utf8')));

beforeAll(async () => {
  await activateCompute(testCompute);
});

const less = (one: readonly number[], other: readonly number[]) => one.map((value, at) => value - (other[at] ?? 0));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Prepares a case: the scores that the loss differentiates, the computed losses of its examples, and TRL's gradients.
 */
function prepared({ loss_type, settings, given, made }: (typeof cases)[number]) {
  const loss = preferenceLoss(loss_type, 'pairs');
  const own = z.object(preferenceSettings).parse(settings);
  if (loss.of === 'answers') {
    if (!('sums' in given) || !Array.isArray(made.gradients)) throw new Error('not of answers');
    const divergence = Math.max(0, mean(less(given.klSums, given.klReferences)));
    expect(divergence).toBeCloseTo(made.kl ?? Number.NaN, 12);
    return {
      scores: [less(given.sums, given.references)],
      losses: ([scores]: readonly tf.Tensor1D[]) =>
        loss.losses({ scores: present(scores), wanted: given.labels, divergence: tf.scalar(divergence) }, own),
      added: 0,
      gradients: [made.gradients],
    };
  }
  if ('sums' in given || Array.isArray(made.gradients)) throw new Error('not of pairs');
  const { chosen, rejected } = given;
  const scores =
    'nll' in given
      ? [chosen, rejected]
      : [less(chosen, given.chosenReference), less(rejected, given.rejectedReference)];
  const tokens: [number[], number[]] = 'nll' in given ? [[], []] : [given.chosenTokens, given.rejectedTokens];
  const weight = loss.likelihood?.(own).weight ?? 0;
  expect(weight).toBe(made.gradients.nll ?? 0);
  return {
    scores,
    losses: ([first, second]: readonly tf.Tensor1D[]) =>
      loss.losses({ chosen: present(first), rejected: present(second), tokens }, own),
    added: 'nll' in given ? weight * given.nll : 0,
    gradients: [made.gradients.chosen, made.gradients.rejected],
  };
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('missing');
  return value;
}

test('TRL’s own code made the goldens, in double precision, and every loss has some', () => {
  expect(madeBy).toMatch(/^trl 1\.16\.0, torch .*, float64$/);
  expect(preferenceLosses.map(({ declaration }) => declaration.id)).toEqual([...preferenceLossIds]);
  for (const id of preferenceLossIds)
    expect(cases.filter(({ loss_type }) => loss_type === id).length).toBeGreaterThan(1);
});

describe.each(cases.map((one) => ({ ...one, words: `${one.loss_type} ${JSON.stringify(one.settings)}` })))(
  '$words',
  (one) => {
    test('has TRL’s loss and gradients', async () => {
      const { scores, losses, added, gradients } = prepared(one);
      const before = tf.memory().numTensors;
      const sources = scores.map((values) => tf.tensor1d([...values]));
      const found = differentiated(() => losses(sources), sources);
      const difference = mean([...(await found.value.data())]) + added - one.made.loss;
      // In float32: IPO squares distances of hundreds of nats.
      expect(Math.abs(difference)).toBeLessThan(5e-6 * Math.max(1, one.made.loss / 20));
      for (const [at, gradient] of found.gradients.entries()) {
        // Gradients of the mean over the examples.
        const own = Array.from(await gradient.data(), (value) => value / gradient.size);
        expect(relativeDifference(own, gradients[at] ?? [])).toBeLessThan(3e-5);
      }
      tf.dispose([...sources, found.value, ...found.gradients]);
      expect(tf.memory().numTensors).toBe(before);
    });

    test('has the gradients of its finite differences', async () => {
      const { scores, losses } = prepared(one);
      const at = async (values: readonly (readonly number[])[]) => {
        const made = tf.tidy(() => losses(values.map((own) => tf.tensor1d([...own]))));
        const read = [...(await made.data())];
        made.dispose();
        return read;
      };
      const sources = scores.map((values) => tf.tensor1d([...values]));
      const found = differentiated(() => losses(sources), sources);
      const step = 1 / 256;
      for (const [which, values] of scores.entries()) {
        const moved = (by: number) => scores.map((own, other) => (other === which ? values.map((x) => x + by) : own));
        const [up, down] = [await at(moved(step)), await at(moved(-step))];
        const slopes = up.map((value, place) => (value - (down[place] ?? 0)) / (2 * step));
        expect(relativeDifference([...(await present(found.gradients[which]).data())], slopes)).toBeLessThan(5e-3);
      }
      tf.dispose([...sources, found.value, ...found.gradients]);
    });
  },
);
