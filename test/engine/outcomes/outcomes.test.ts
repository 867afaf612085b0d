import { expect, it } from 'vitest';
import { scoreOutputs, scorePredictions } from '../../../src-main/engine/evaluation/score-outputs.ts';
import type { TaskOutputs } from '../../../src-main/engine/evaluation/task-outputs.ts';
import { ensemblePredictions, outcomesOf, predictionsOf } from '../../../src-main/engine/outcomes/index.ts';
import type { Score } from '../../../src-shared/domain/plan.ts';
import { encodeOutcomes, exampleValues } from '../../../src-shared/results/outcomes.ts';

const classes = (logits: number[]): TaskOutputs => ({
  kind: 'classes',
  logits: Float32Array.from(logits),
  labels: Int32Array.of(1, 0, 0),
  classCount: 2,
});
/** Probabilities 1/4, 3/4; 1/2, 1/2 (the first of equals counts); 1/10, 9/10. */
const one = classes([0, Math.log(3), 2, 2, 0, Math.log(9)]);
const other = classes([Math.log(9), 0, 0, 0, Math.log(9), 0]);

it('gives each example its loss and whether it was right, by hand-worked numbers', async () => {
  const { losses, correct, tokens } = outcomesOf(await predictionsOf(one));
  for (const [at, probability] of [3 / 4, 1 / 2, 1 / 10].entries())
    expect(losses[at]).toBeCloseTo(-Math.log(probability), 6);
  expect([...(correct ?? [])]).toEqual([1, 1, 0]);
  expect(tokens).toBeNull();
  // Half of each: 3/4 and 1/10 of the first label, 1/10 and 9/10 of the third.
  const ensemble = outcomesOf(await ensemblePredictions([one, other], [1, 1]));
  expect(ensemble.losses[0]).toBeCloseTo(-Math.log(0.425), 6);
  expect([...(ensemble.correct ?? [])]).toEqual([0, 1, 1]);

  const sets = outcomesOf(
    await predictionsOf({
      kind: 'label-sets',
      logits: Float32Array.of(Math.log(3), -Math.log(3), Math.log(3), Math.log(3)),
      targets: Float32Array.of(1, 0, 1, 0),
      width: 2,
    }),
  );
  expect(sets.losses[0]).toBeCloseTo(-Math.log(3 / 4), 6);
  expect(sets.losses[1]).toBeCloseTo(-(Math.log(3 / 4) + Math.log(1 / 4)) / 2, 6);
  expect([...(sets.correct ?? [])]).toEqual([1, 0]);
});

it('means of the outcomes are the accuracy and the loss of the score, for every task', async () => {
  const scored: TaskOutputs[] = [
    one,
    {
      kind: 'label-sets',
      logits: Float32Array.of(2, -1, 0.5, 3, -2, 0.25),
      targets: Float32Array.of(1, 0, 0, 1, 0, 1),
      width: 2,
    },
    { kind: 'numbers', predictions: Float32Array.of(1, 2, 4), targets: Float32Array.of(1, 2.5, 3) },
    {
      kind: 'tokens',
      lossSums: Float64Array.of(3, 1, 8),
      tokens: Uint32Array.of(3, 1, 5),
      right: Uint32Array.of(2, 1, 0),
      ends: Uint32Array.of(1, 0, 1),
      endLossSums: Float64Array.of(0.5, 0, 1),
      completions: true,
    },
  ];
  for (const outputs of scored) {
    const { accuracy, loss, metrics } = await scoreOutputs(outputs);
    expect(scorePredictions(await predictionsOf(outputs)).loss).toBe(loss);
    const score: Score = {
      accuracy,
      loss,
      metrics,
      examples: 3,
      kept: null,
      total: null,
      outcomes: encodeOutcomes(outcomesOf(await predictionsOf(outputs))),
    };
    expect(weightedMean(score, 'loss')).toBeCloseTo(loss, 6);
    if (accuracy === null) expect(exampleValues(score, 'accuracy')).toBeNull();
    else expect(weightedMean(score, 'accuracy')).toBeCloseTo(accuracy, 6);
  }
  expect((await scoreOutputs(scored[3] ?? one)).metrics).toMatchObject({ exact_match: 1 / 3 });
});

function weightedMean(score: Score, metric: 'accuracy' | 'loss'): number {
  const { values, weights } = exampleValues(score, metric) ?? { values: new Float32Array(0), weights: null };
  let [sum, total] = [0, 0];
  for (const [at, value] of values.entries()) {
    const weight = weights?.[at] ?? 1;
    sum += weight * value;
    total += weight;
  }
  return sum / total;
}
