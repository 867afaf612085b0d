import { axisTitle } from '../../format/mid-sentence.ts';
import { formatFixed, plural, probabilityText } from '../../format/numbers.ts';
import { accuracy } from '../../metrics/accuracy.ts';
import { metricName, metricUnit, signedText, valueText } from '../../metrics/index.ts';
import { forgettingHeading, meanRise, riseText } from '../../results/forgetting.ts';
import { holm } from '../../statistics/matrix-permutation.ts';
import { mean } from '../../statistics/student.ts';
import type { StudyTable, StudyWords } from '../define-study.ts';
import { survivor } from '../grid/grid-tables.ts';
import { type ScaleCurve, scaleTables } from '../merging/merge-scales.ts';
import type { Interval } from '../scores/interval.ts';
import { tunedText } from '../scores/judged-metric.ts';
import type { MultitaskConfig, MultitaskResult, MultitaskRow } from './multitask-schemas.ts';
import { taskTuningTables } from './task-tuning.ts';

/** "TIES", "TIES, density = 0.5", "Placebo: random directions of TIES". */
export function rowLabel({ kind, method, placebo, label }: MultitaskRow, words: StudyWords): string {
  const name = method === null ? '' : words.mergeMethod(method);
  const merge = label === null ? name : label.includes(' = ') ? `${name}, ${label}` : label;
  switch (kind) {
    case 'base':
      return 'Base, no adapter';
    case 'own':
      return 'Own adapter';
    case 'single':
      return 'Best single adapter';
    case 'merge':
      return merge;
    case 'placebo':
      return `${words.mergeMethod(placebo ?? '')}, of ${merge}`;
    case 'random':
      return `${merge} with random adapters`;
  }
}

/** The same for the curve of a merge. */
export function curveLabel({ index, method, label }: ScaleCurve, words: StudyWords): string {
  return rowLabel({ kind: 'merge', index, method, label, placebo: null, outputs: false }, words);
}

export function multitaskTables(result: MultitaskResult, config: MultitaskConfig, words: StudyWords): StudyTable[] {
  return [
    ...result.groups.map((_, group) => groupTable(result, group, words)),
    ...result.differences.map((_, pair) => differenceTable(result, pair, words)),
    ...tunedTable(result, config, words),
    ...scaleTables(result, config, (curve) => curveLabel(curve, words)),
    ...taskTuningTables(result),
  ];
}

/** All rows of one group on every task. */
function groupTable(result: MultitaskResult, place: number, words: StudyWords): StudyTable {
  const { metric, tasks, rows, over } = result;
  const { label: unit } = metricUnit(metric);
  const group = result.groups[place];
  const forgotten = rows.map((_, row) =>
    (group?.cells ?? []).flatMap((set) => (set[row] ?? []).map((cell) => cell.forgetting)),
  );
  const heading = forgettingHeading(forgotten.flat());
  const sets = group?.seeds.length ?? 0;
  const flat = (group?.flat ?? []).map((task) => tasks[task]?.name ?? '');
  const interval =
    over === 'sets'
      ? `mean of ${sets} sets and its 95 % interval over them (Student’s t)`
      : over === 'examples'
        ? 'one set, 95 % interval over test examples (bootstrap)'
        : 'one set, without an interval';
  const left =
    flat.length === 0 ? '' : `; without ${flat.join(', ')}, where an adapter gains less than 0.02 on the base`;
  const scaled = result.scaling === undefined ? '' : '; merges at their chosen λ';
  return {
    title: `${group?.label ?? ''}: ${metricName(metric)} of each task under its own head (${interval}); normalized: share of the own adapter’s score; recovered: share of its gain on the base${left}${scaled}`,
    columns: [
      { label: 'Row' },
      ...tasks.map(({ name }) => ({ label: `${name}${unit}`, numeric: true })),
      { label: `Mean${unit}`, numeric: true },
      { label: '95 %', numeric: true },
      { label: 'Normalized (%)', numeric: true },
      { label: '95 %', numeric: true },
      { label: 'Recovered (%)', numeric: true },
      ...(heading === null ? [] : [{ label: heading, numeric: true }]),
    ],
    rows: rows.map((row, at) => {
      const summary = group?.summaries[at];
      return {
        cells: [
          rowLabel(row, words),
          ...tasks.map((_, task) => meanText(summary?.tasks[task] ?? null, metric)),
          meanText(summary?.mean ?? null, metric),
          rangeText(summary?.mean ?? null, metric),
          meanText(summary?.normalized ?? null, share),
          rangeText(summary?.normalized ?? null, share),
          meanText(summary?.recovered ?? null, share),
          ...(heading === null ? [] : [riseText(meanRise(forgotten[at] ?? []))]),
        ],
      };
    }),
  };
}

/** With CoTo minus without. */
function differenceTable(
  { differences, groups, rows, metric, over }: MultitaskResult,
  pair: number,
  words: StudyWords,
): StudyTable {
  const { label: unit } = metricUnit(metric);
  const found = differences[pair];
  const [coto, without] = [groups[found?.coto ?? 0]?.label ?? '', groups[found?.without ?? 0]?.label ?? ''];
  const points = unit === ' (%)' ? ' (points)' : unit;
  const how = over === 'sets' ? 'paired by seed, p by sign flips' : 'paired by test example';
  // All rows of the table are one family.
  const adjusted = holm(rows.map((_, at) => found?.rows[at]?.p ?? null));
  const count = adjusted.filter((p) => p !== null).length;
  return {
    title: `${coto} minus ${without}, mean of the tasks (${how})`,
    columns: [
      { label: 'Row' },
      { label: `Difference${points}`, numeric: true },
      { label: '95 %', numeric: true },
      { label: 'Normalized (points)', numeric: true },
      { label: '95 %', numeric: true },
      { label: 'p', numeric: true },
    ],
    notes:
      count === 0
        ? []
        : [`${survivor}: p below 0.05 after Holm’s correction for ${plural(count, 'difference')} of this table.`],
    rows: rows.map((row, at) => {
      const { mean = null, normalized = null, p = null } = found?.rows[at] ?? {};
      const mark = (adjusted[at] ?? 1) < 0.05 ? ` ${survivor}` : '';
      return {
        cells: [
          rowLabel(row, words),
          `${changeText(mean, metric)}${mark}`,
          rangeText(mean, metric),
          changeText(normalized, share),
          rangeText(normalized, share),
          p === null ? '–' : probabilityText(p),
        ],
      };
    }),
  };
}

/** Lists search results next to the held-out scores; no table without searches. */
function tunedTable(
  { groups, rows, metric }: MultitaskResult,
  { tuning_samples }: MultitaskConfig,
  words: StudyWords,
): StudyTable[] {
  const found = groups.flatMap(({ label, seeds, tuned, cells }) =>
    tuned.flatMap((set, index) =>
      rows.flatMap((row, at) => {
        const own = set[at];
        if (row.kind !== 'merge' || !own) return [];
        const values = (cells[index]?.[at] ?? []).map(({ value }) => value);
        const weights = own.weights.map((weight) =>
          [weight]
            .flat()
            .map((value) => formatFixed(value, 2))
            .join(' · '),
        );
        const heldOut = mean(values);
        return [
          {
            cells: [
              label,
              String(seeds[index] ?? ''),
              rowLabel(row, words),
              weights.join('; '),
              tunedText(metric, own.given),
              tunedText(metric, own.score),
              valueText(metric, heldOut),
            ],
          },
        ];
      }),
    ),
  );
  if (found.length === 0) return [];
  return [
    {
      title: `Searched merges: score on ${tuning_samples} training examples of each task, and ${metricName(metric)} on the test split, which the search never saw`,
      columns: [
        { label: 'Group' },
        { label: 'Seed', numeric: true },
        { label: 'Merge' },
        { label: 'Weights found', numeric: true },
        { label: 'Tuning, given', numeric: true },
        { label: 'Tuning, found', numeric: true },
        { label: axisTitle('Test', metricUnit(metric).unit), numeric: true },
      ],
      rows: found,
    },
  ];
}

/** Normalized scores are shares, shown as accuracies are. */
const share = accuracy.id;

function meanText(interval: Interval | null, metric: string): string {
  return interval === null ? '–' : valueText(metric, interval.mean);
}

function rangeText(interval: Interval | null, metric: string): string {
  if (interval === null || interval.low === null || interval.high === null) return '–';
  return `${valueText(metric, interval.low)} to ${valueText(metric, interval.high)}`;
}

function changeText(interval: Interval | null, metric: string): string {
  return interval === null ? '–' : signedText(metric, interval.mean);
}
