import { expect, test } from 'vitest';
import { z } from 'zod';
import { reportContent } from '../../../src-main/backend/reports/content.ts';
import { reportFigures } from '../../../src-main/backend/reports/figures.ts';
import { reportMarkdown } from '../../../src-main/backend/reports/markdown.ts';
import type { ReportOptions } from '../../../src-main/backend/reports/options.ts';
import { describeRun } from '../../../src-main/cli/run-text.ts';
import { scoreOutcome } from '../../../src-main/engine/metrics/index.ts';
import type { Outcome } from '../../../src-main/engine/metrics/metric.ts';
import { summarizeRun } from '../../../src-renderer/features/runs/page/run-summary.ts';
import { unitOf, valuesAt } from '../../../src-renderer/plots/hover-values.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { groupCurvesFigure } from '../../../src-shared/figures/group-curves.ts';
import { metricFigure, metricRun } from '../../../src-shared/figures/index.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { curveMetrics, evaluationCurve } from '../../../src-shared/metrics/curves.ts';
import {
  isLowerBetter,
  metricIds,
  metricLabel,
  metrics,
  metricsFor,
  metricUnit,
  scoreText,
  valueText,
} from '../../../src-shared/metrics/index.ts';
import { outcomeKinds } from '../../../src-shared/metrics/metric.ts';
import { evaluationName } from '../../../src-shared/metrics/recorded.ts';
import { intervalText } from '../../../src-shared/results/interval-text.ts';
import { gridFigures } from '../../../src-shared/studies/grid/grid-figures.ts';
import type { GridResult } from '../../../src-shared/studies/grid/grid-schemas.ts';
import { gridTables } from '../../../src-shared/studies/grid/grid-tables.ts';
import { runRecord } from '../../backend/reports/records.ts';
import { makeCurve } from '../curves/make-curve.ts';

const titled = z.looseObject({ title: z.looseObject({ text: z.string() }) });
const values = [0.7134, 0.0525, 1, 0, 1234.5];

/** A study of one cell. */
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

/** Texts of the titles and axes of a study's figures, and the tooltip of the mean. */
function inStudyFigures(metric: string, value: number): { texts: string; tooltip: string | undefined } {
  const figures = gridFigures(resultOf(metric, value), null).map(({ draw }) => draw({ dark: false }));
  const [first] = figures;
  return {
    texts: JSON.stringify(figures.map(({ layout, caption }) => [layout, caption])),
    tooltip:
      first &&
      valuesAt(
        first.data.map((trace) => ({ ...trace, marker: {} })),
        0,
      ).at(-1)?.text,
  };
}

function inStudy(metric: string, value: number): string {
  const [table] = gridTables(resultOf(metric, value), null);
  const at = table?.columns.findIndex(({ label }) => label.startsWith('Mean')) ?? -1;
  const unit = /\((.*)\)/.exec(table?.columns[at]?.label ?? '')?.[1] ?? '';
  return `${table?.rows[0]?.cells[at] ?? ''} ${unit}`.trim();
}

/** A completed run whose evaluation has this metric alone. */
function runWith(id: string, value: number): RunRecord {
  const run = runRecord('a', 1, false, 0.5, 300);
  if (run.result === null) throw new Error('the run has no result');
  const scores = { accuracy: id === 'accuracy' ? value : null, evalLoss: id === 'loss' ? value : 0 };
  const metrics: Record<string, number> = id === 'accuracy' || id === 'loss' ? {} : { [id]: value };
  return { ...run, result: { ...run.result, ...scores, metrics } };
}

/** The score of a run's page: the tile of its evaluations, or of its training loss. */
function onRunPage(run: RunRecord, id: string, value: number): string {
  const name = id === 'loss' ? id : evaluationName(id);
  const summary = summarizeRun(run, new Map([[name, makeCurve(name, [40], [value])]]), undefined);
  return id === 'loss' ? summary.loss.value : summary.score.value;
}

/** Its report, whose sentences and tables are those of the page. */
function inReport(run: RunRecord, id: string): { text: string; titles: readonly string[] } {
  const name = evaluationName(id);
  const options: ReportOptions = {
    ...{ path: '/r.html', name: 'r', note: '', sections: ['summary', 'results', 'figures'], runs: [run], studies: [] },
    ...{
      models: [],
      datasets: [],
      activation: new Map(),
      samples: new Map(),
      diagnoses: new Map(),
      studyYaml: new Map(),
    },
    ...{ tuned: { runs: null, studies: new Map() }, plotlyScript: '', fonts: '', createdAt: 0 },
    curves: new Map([[run.id, new Map([[name, makeCurve(name, [0, 40], [0.25, 0.5])]])]]),
  };
  const content = reportContent(options);
  const figures = reportFigures(options, content);
  return {
    text: reportMarkdown(options, content, { studio: '', node: '', platform: '' }, 0),
    titles: figures.map(({ light }) => titled.parse(light.layout).title.text),
  };
}

/** Tooltip of the last point of a chart of evaluations. */
function onChart(run: RunRecord, id: string, value: number): string | undefined {
  const curve = evaluationCurve(id);
  const curves = new Map([[curve.metric, makeCurve(curve.metric, [0, 40], [0.5, value])]]);
  const { data, layout } = metricFigure([metricRun(run, 'LoRA', curves)], curve, { dark: false });
  return valuesAt(data, 40, unitOf(layout)).at(-1)?.text;
}

/** Tooltip of the mean of two seeds with its spread, of which the second is the first. */
function onComparison(id: string, value: number): string | undefined {
  const curve = evaluationCurve(id);
  const runs = ['a', 'b'].map((name, seed) =>
    metricRun(
      runRecord(name, seed, false, 0.5, 300),
      'LoRA',
      new Map([[curve.metric, makeCurve(curve.metric, [0, 40], [0.5, value])]]),
    ),
  );
  const { data, layout } = groupCurvesFigure(runs, curve, { dark: false });
  return valuesAt(data, 40, unitOf(layout)).at(-1)?.text;
}

test.each(metricIds)('a value of %s reads the same on the run page, in terminal, study, report and chart', (id) => {
  for (const value of values) {
    const [text, number] = [scoreText(id, value), valueText(id, value)];
    const run = runWith(id, value);
    expect(onRunPage(run, id, value)).toBe(id === 'loss' ? number : text);
    expect(describeRun(run, { model: null, dataset: null })).toMatch(
      new RegExp(`^${id === 'loss' ? 'eval loss' : '.*'} +${id === 'loss' ? number : text}( on .*)?$`, 'm'),
    );
    // The comparison of runs and a study's table, which has the unit in its heading.
    expect(intervalText(id, { n: 1, mean: value, halfWidth: null })).toBe(text);
    expect(inStudy(id, value)).toBe(text);
    expect(inStudyFigures(id, value).tooltip?.trim().replace(/ +/g, ' ')).toBe(`${text} (mean)`);
    expect(inReport(run, id).text).toContain(id === 'loss' ? `loss ${number}` : text);
    expect(onChart(run, id, value)).toBe(text);
    expect(onComparison(id, value)).toBe(text);
  }
  // The axis of its chart.
  const curve = curveMetrics.find(({ metric }) => metric === evaluationName(id));
  const { scale, unit } = metricUnit(id);
  expect(curve?.factor ?? 1).toBe(scale);
  expect(/\((.*)\)$/.exec(curve?.yTitle ?? '')?.[1] ?? '').toBe(unit);
});

test.each(metricIds.filter((id) => /_/.test(id)))('figures and tables of studies show %s by its label', (id) => {
  const { texts } = inStudyFigures(id, 0.5);
  expect(texts).toContain(metricLabel(id));
  expect(texts).not.toContain(id);
  expect(JSON.stringify(gridTables(resultOf(id, 0.5), null))).not.toContain(id);
});

test('reports draw every metric that is drawn as a curve', () => {
  for (const { id, label, isCurve } of metrics)
    expect(inReport(runWith(id, 0.5), id).titles.includes(`Test ${midSentence(label)}`), id).toBe(isCurve);
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

/** An outcome of each kind for which all of its metrics are defined. */
const outcomes: { readonly [Kind in Outcome['kind']]: Extract<Outcome, { kind: Kind }> } = {
  classes: {
    kind: 'classes',
    confusion: [
      [3, 1],
      [1, 3],
    ],
    probabilities: { probabilities: Float64Array.of(0.9, 0.1), labels: Int32Array.of(0), classCount: 2 },
  },
  'label-sets': {
    kind: 'label-sets',
    labels: [
      [1, 0],
      [0, 1],
    ],
    predictions: [
      [1, 0],
      [1, 1],
    ],
  },
  numbers: { kind: 'numbers', labels: [1, 2, 3], predictions: [1, 3, 2] },
  tags: { kind: 'tags', labels: [['B-A', 'O']], predictions: [['B-A', 'O']] },
  tokens: { kind: 'tokens', lossSum: 2, tokens: 2, right: { tokens: 1, of: 2 }, exact: { completions: 1, of: 2 } },
  preferences: { kind: 'preferences', chosen: [1], rejected: [0], right: [true] },
  alike: { kind: 'alike', labels: [true, false], predictions: [0.9, 0.1] },
  retrieval: { kind: 'retrieval', queries: [{ hits: [true], relevant: 1 }], right: [true] },
  answers: { kind: 'answers', labels: [['a word'], []], predictions: ['a word', ''] },
  texts: { kind: 'texts', labels: ['a'], predictions: ['a'] },
};

test.each(outcomeKinds)('the engine computes for %s exactly the metrics that are declared for them', (kind) => {
  const computed = ['loss', ...Object.keys(scoreOutcome(outcomes[kind]))];
  expect(computed.sort()).toEqual(metricsFor(kind, 2).sort());
});

test('F1 of two classes is of no use with three', () => {
  expect(metricsFor('classes', 3)).not.toContain('f1_binary');
});

test('lower is better for the loss and what grows with it, and every metric has a label of its own', () => {
  expect(metricIds.filter(isLowerBetter).sort()).toEqual(['brier', 'ece', 'loss', 'perplexity', 'rewards_rejected']);
  expect(new Set(metricIds.map(metricLabel)).size).toBe(metricIds.length);
});
