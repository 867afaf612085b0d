import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
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
