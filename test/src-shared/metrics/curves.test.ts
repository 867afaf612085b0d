import { expect, test } from 'vitest';
import { curveMetrics } from '../../../src-shared/metrics/curves.ts';
import { metricUnit, scoreText } from '../../../src-shared/metrics/index.ts';
import { headlineOf, type Scores } from '../../../src-shared/results/headline.ts';

/** Scores as the tasks give them, each with another one that an evaluation is known by. */
const evaluations: readonly Scores[] = [
  { accuracy: 0.9, metrics: { f1_macro: 0.9 } },
  { accuracy: 0.9, metrics: { entity_f1: 0.5, entity_precision: 0.6, entity_recall: 0.4 } },
  { accuracy: 0.4, metrics: { perplexity: 4 } },
  { accuracy: 0.4, metrics: { perplexity: 4, exact_match: 0.5 } },
  { accuracy: null, metrics: { pearson: 0.5, spearman: 0.25 } },
];

test("an evaluation's primary metric has a curve, in the unit of its number", () => {
  for (const scores of evaluations) {
    const id = headlineOf(scores)?.id ?? '';
    const curve = curveMetrics.find(({ metric }) => metric === `eval_${id}`);
    expect(curve, id).toBeDefined();
    const { scale, unit } = metricUnit(id);
    expect(curve?.factor ?? 1, id).toBe(scale);
    expect(scoreText(id, 0.5).endsWith('%'), id).toBe(unit === '%');
  }
});

test('scores of entities are shares', () => {
  for (const id of ['entity_f1', 'entity_precision', 'entity_recall'])
    expect(metricUnit(id)).toEqual({ scale: 100, unit: '%', label: ' (%)', digits: 1 });
});
