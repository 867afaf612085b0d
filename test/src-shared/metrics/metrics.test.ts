import { expect, test } from 'vitest';
import { metricIds as engineMetricIds } from '../../../src-main/engine/metrics/index.ts';
import type { OutcomeKind } from '../../../src-main/engine/metrics/metric.ts';
import {
  isLowerBetter,
  metricIds,
  metricLabel,
  metricUnit,
  scoreText,
  valueText,
} from '../../../src-shared/metrics/index.ts';
import { curveMetrics } from '../../../src-shared/results/curve-metrics.ts';
import { headlineText, namedScores } from '../../../src-shared/results/headline.ts';
import { intervalText } from '../../../src-shared/results/interval-text.ts';
import type { GridResult } from '../../../src-shared/studies/grid/grid-schemas.ts';
import { gridTables } from '../../../src-shared/studies/grid/grid-tables.ts';

const values = [0.7134, 0.0525, 1, 0];

/** A study or a report of one cell. */
function resultOf(metric: string, value: number): GridResult {
  const own = { mean: value, n: 1, halfWidth: null, bootstrap: null };
  const cell = { values: [{ seeds: [1], value }], own, difference: null, forgetting: null };
  return {
    examples: 100,
    metric,
    reference: 0,
    references: [0],
    cells: [{ label: 'LoRA', settings: {}, coto: false, learning_rate: null, scores: [] }],
    outcomes: [{ label: 'Alone', metric, cells: [cell], notes: [] }],
    tuning: null,
  };
}

function inStudy(metric: string, value: number): string {
  const [table] = gridTables(resultOf(metric, value), null);
  const at = table?.columns.findIndex(({ label }) => label.startsWith('Mean')) ?? -1;
  const unit = /\((.*)\)/.exec(table?.columns[at]?.label ?? '')?.[1] ?? '';
  return `${table?.rows[0]?.cells[at] ?? ''} ${unit}`.trim();
}

test.each(['loss', 'accuracy', ...metricIds])('a value of %s reads the same everywhere', (id) => {
  for (const value of values) {
    const text = scoreText(id, value);
    // The run's page and the terminal.
    const scores = { accuracy: id === 'accuracy' ? value : null, metrics: { [id]: value } };
    if (id !== 'loss' && id !== 'accuracy')
      expect(namedScores(scores).find((score) => score.id === id)?.text).toBe(text);
    if (id === 'accuracy') expect(headlineText({ ...scores, metrics: {} })).toBe(text);
    // The comparison of runs, a study and a report.
    expect(intervalText(id, { n: 1, mean: value, halfWidth: null })).toBe(text);
    expect(inStudy(id, value)).toBe(text);
  }
  // The axis of its chart.
  const curve = curveMetrics.find(({ metric }) => metric === `eval_${id}`);
  const { scale, unit } = metricUnit(id);
  expect(curve?.factor ?? 1).toBe(scale);
  expect(/\((.*)\)$/.exec(curve?.yTitle ?? '')?.[1] ?? '').toBe(unit);
});

test('a missing or diverged value has no decimals and no unit of its own', () => {
  for (const id of ['loss', 'accuracy', 'f1_macro', 'perplexity']) {
    expect([scoreText(id, null), valueText(id, undefined)]).toEqual(['–', '–']);
    expect([valueText(id, Number.NaN), valueText(id, Number.POSITIVE_INFINITY)]).toEqual(['NaN', '∞']);
  }
});

test('F1 is a share, whatever its mean', () => {
  for (const id of ['f1_macro', 'f1_micro', 'f1_weighted', 'f1_binary', 'entity_f1', 'answer_f1'])
    expect(scoreText(id, 0.7134)).toBe('71.3 %');
});

test('the engine computes exactly the declared metrics', () => {
  const kinds: readonly OutcomeKind[] = [
    'alike',
    'answers',
    'classes',
    'label-sets',
    'numbers',
    'preferences',
    'retrieval',
    'tags',
    'texts',
    'tokens',
  ];
  const computed = new Set(kinds.flatMap((kind) => engineMetricIds(kind, 2)));
  expect([...computed].sort()).toEqual(['loss', 'accuracy', ...metricIds].sort());
});

test('lower is better for the loss and what grows with it, and every metric has a label of its own', () => {
  expect(['loss', 'accuracy', ...metricIds].filter(isLowerBetter)).toEqual(['loss', 'perplexity', 'rewards_rejected']);
  expect(new Set(metricIds.map(metricLabel)).size).toBe(metricIds.length);
});
