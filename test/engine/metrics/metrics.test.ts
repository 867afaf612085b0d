import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { reliabilityOf } from '../../../src-main/engine/metrics/calibration.ts';
import { scoreOutcome } from '../../../src-main/engine/metrics/index.ts';

const numbers = z.array(z.number());
const golden = z
  .object({
    classification: z.array(
      z.object({
        note: z.string().nullable(),
        classes: z.number(),
        confusion: z.array(numbers),
        accuracy: z.number(),
        f1_macro: z.number(),
        f1_micro: z.number(),
        f1_weighted: z.number(),
        f1_binary: z.number().nullable(),
        matthews: z.number(),
      }),
    ),
    multi_label: z.object({
      labels: z.array(numbers),
      predictions: z.array(numbers),
      subset_accuracy: z.number(),
      f1_macro: z.number(),
      f1_micro: z.number(),
    }),
    regression: z.object({ labels: numbers, predictions: numbers, pearson: z.number(), spearman: z.number() }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../golden/misc/metrics.json', import.meta.url), 'utf8')));

function expectScores(found: Record<string, number>, expected: Record<string, number>): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [id, value] of Object.entries(expected)) expect(found[id], id).toBeCloseTo(value, 12);
}

describe('metrics by the definitions of scikit-learn and scipy', () => {
  test.each(golden.classification)('$classes classes ($note)', ({ note: _note, classes: _classes, ...expected }) => {
    const { confusion, f1_binary: binary, ...rest } = expected;
    expectScores(scoreOutcome({ kind: 'classes', confusion }), binary === null ? rest : { ...rest, f1_binary: binary });
  });

  test('calibration of probabilities: Guo’s error by 15 bins, and the squared distance', () => {
    const probabilities = Float64Array.of(0.7, 0.2, 0.1, 0.7, 0.2, 0.1, 0.12, 0.1, 0.78, 0.42, 0.33, 0.25);
    const known = { probabilities, labels: Int32Array.of(0, 1, 2, 0), classCount: 3 };
    const scores = scoreOutcome({ kind: 'classes', confusion: [[2], [0], [0]], probabilities: known });
    // Bins: two at 0.70, half of them right; one at 0.78 and one at 0.42, both right.
    expect(scores['ece']).toBeCloseTo((2 * 0.2 + 0.22 + 0.58) / 4, 12);
    expect(scores['brier']).toBeCloseTo((0.14 + 1.14 + 0.0728 + 0.5078) / 4, 12);
    const bins = reliabilityOf(known);
    expect(bins).toHaveLength(15);
    expect(bins[10]).toEqual({ examples: 2, confidence: expect.closeTo(0.7, 12), accuracy: 0.5 });
    expect(bins[0]).toEqual({ examples: 0, confidence: null, accuracy: null });
    expect(bins.reduce((sum, { examples }) => sum + examples, 0)).toBe(4);
  });

  test('the Brier score of two classes is that of the second alone, as scikit-learn has it', () => {
    const known = { probabilities: Float64Array.of(0.9, 0.1, 0.4, 0.6), labels: Int32Array.of(0, 0), classCount: 2 };
    const scores = scoreOutcome({
      kind: 'classes',
      confusion: [
        [1, 1],
        [0, 0],
      ],
      probabilities: known,
    });
    expect(scores['brier']).toBeCloseTo((0.1 ** 2 + 0.6 ** 2) / 2, 12);
  });

  test('a certain and right model is calibrated; bins hold their upper ends', () => {
    const known = { probabilities: Float64Array.of(1, 0, 0, 1), labels: Int32Array.of(0, 1), classCount: 2 };
    const scores = scoreOutcome({
      kind: 'classes',
      confusion: [
        [1, 0],
        [0, 1],
      ],
      probabilities: known,
    });
    expect([scores['ece'], scores['brier']]).toEqual([0, 0]);
    expect(reliabilityOf(known)[14]?.examples).toBe(2);
  });

  test('several labels an example', () => {
    const { labels, predictions, subset_accuracy, f1_macro, f1_micro } = golden.multi_label;
    const scores = scoreOutcome({ kind: 'label-sets', labels, predictions });
    expect(scores['accuracy']).toBeCloseTo(subset_accuracy, 12);
    expect(scores['f1_macro']).toBeCloseTo(f1_macro, 12);
    expect(scores['f1_micro']).toBeCloseTo(f1_micro, 12);
  });

  test('numbers, with ties', () => {
    const { labels, predictions, pearson, spearman } = golden.regression;
    expect(new Set(labels).size).toBeLessThan(labels.length);
    expectScores(scoreOutcome({ kind: 'numbers', labels, predictions }), { pearson, spearman });
  });

  test('a constant has no correlation, and nothing scores nothing', () => {
    expect(scoreOutcome({ kind: 'numbers', labels: [1, 2, 3], predictions: [5, 5, 5] })).toEqual({});
    expect(scoreOutcome({ kind: 'texts', labels: [], predictions: [] })).toEqual({});
    const none = { lossSum: 0, tokens: 0, right: { tokens: 0, of: 0 }, exact: { completions: 0, of: 0 } };
    expect(scoreOutcome({ kind: 'tokens', ...none })).toEqual({});
  });

  test('perplexity is e to the mean loss a token', () => {
    const outcome = { kind: 'tokens', lossSum: 8 * Math.log(3), tokens: 8, right: { tokens: 6, of: 10 } } as const;
    expectScores(scoreOutcome({ ...outcome, exact: null }), { perplexity: 3, accuracy: 0.6 });
    const exact = { completions: 1, of: 4 };
    expectScores(scoreOutcome({ ...outcome, exact }), { perplexity: 3, accuracy: 0.6, exact_match: 0.25 });
  });

  test('exact match looks past white space at the ends, and at nothing else', () => {
    const outcome = { kind: 'texts', labels: ['yes', 'no', 'No'], predictions: [' yes\n', 'n o', 'no'] } as const;
    expectScores(scoreOutcome(outcome), { exact_match: 1 / 3 });
  });
});
