import { titled } from '../../format/mid-sentence.ts';
import { formatNumber, probabilityText } from '../../format/numbers.ts';
import { metricLabel, metricName, metricUnit, signedText, valueText } from '../../metrics/index.ts';
import { forgettingHeading, levelText, riseText } from '../../results/forgetting.ts';
import { holm } from '../../statistics/matrix-permutation.ts';
import type { FieldWords } from '../config/field-words.ts';
import type { StudyTable } from '../define-study.ts';
import { halfWidthText, intervalText, type MetricInterval } from '../scores/metric-interval.ts';
import { labelled } from './grid-labels.ts';
import {
  commonReference,
  type GridOutcome,
  type GridResult,
  isReference,
  type OutcomeCell,
  outcomesOf,
  referenceOf,
} from './grid-schemas.ts';
import { rateText, tuningTable } from './tuning.ts';

/** Marks a difference that is below 0.05 after Holm's correction. */
export const survivor = '†';

interface TableOptions {
  /** Name of a cell. */
  readonly noun?: string;
  /** Notes on draws that no interval of the study includes. */
  readonly notes?: readonly string[];
}

/** One row a cell: every subject with its interval in the first table, then each subject by itself. */
export function gridTables(
  given: GridResult,
  words: FieldWords | null,
  { noun = 'cell', notes = [] }: TableOptions = {},
): StudyTable[] {
  const result = labelled(given, words);
  const outcomes = outcomesOf(result);
  const first = outcomes.filter(({ metric }) => metric === result.metric);
  const all = [...notes, ...(result.tuning === null ? [] : [tunedNote])];
  return [
    ...(first.length > 1 ? [summaryTable(result, first, { noun, notes: all })] : []),
    ...outcomes.map((outcome) => outcomeTable(result, outcome, { noun, notes: all })),
    ...(result.tuning === null ? [] : [tuningTable(result.tuning)]),
  ];
}

const tunedNote =
  'The intervals and tests hold at the chosen learning rates: they do not include the choice of a rate by the sweep.';

/** Holm-adjusted p values of the differences of one metric, by outcome and cell; all of them are one family. */
function adjustedOf(outcomes: readonly GridOutcome[]): {
  readonly count: number;
  readonly of: (outcome: GridOutcome, cell: number) => number | null;
} {
  const tests = outcomes.flatMap((outcome) =>
    outcome.cells.map((cell, at) => ({ outcome, at, p: cell?.difference?.test?.p ?? null })),
  );
  const adjusted = holm(tests.map(({ p }) => p));
  return {
    count: tests.filter(({ p }) => p !== null).length,
    of: (outcome, cell) => adjusted[tests.findIndex((test) => test.outcome === outcome && test.at === cell)] ?? null,
  };
}

/** Each subject as two columns: its mean and its paired difference to the reference, both with 95 % intervals. */
function summaryTable(
  result: GridResult,
  outcomes: readonly GridOutcome[],
  { noun, notes }: Required<TableOptions>,
): StudyTable {
  const { metric, cells } = result;
  const adjusted = adjustedOf(outcomes);
  return {
    title: `${metricLabel(metric)}${metricUnit(metric).label} of each ${noun} and its paired difference to ${theReference(result)}, with 95 % intervals`,
    columns: [
      { label: titled(noun) },
      ...outcomes.flatMap(({ label }) => [
        { label, numeric: true },
        { label: 'Difference', numeric: true },
      ]),
    ],
    notes: [
      ...referenceNotes(result),
      ...(outcomes.some((outcome) => outcome.cells.some((cell) => cell?.norms !== undefined)) ? [normNote] : []),
      ...new Set(outcomes.flatMap((outcome) => outcome.notes)),
      ...(adjusted.count === 0
        ? []
        : [`${survivor}: p below 0.05 after Holm’s correction for ${differencesText(adjusted.count)} of this table.`]),
      ...notes,
    ],
    rows: cells.map((_, at) => ({
      cells: [
        nameOf(result, at),
        ...outcomes.flatMap((outcome) => {
          const { own = null, difference = null } = outcome.cells[at] ?? {};
          return [
            own === null ? '–' : bracketed(valueText(metric, own.mean), intervalText(metric, own)),
            difference === null
              ? '–'
              : bracketed(signedText(metric, difference.mean), intervalText(metric, difference, signedText)) +
                ((adjusted.of(outcome, at) ?? 1) < 0.05 ? ` ${survivor}` : ''),
          ];
        }),
      ],
    })),
  };
}

function outcomeTable(
  result: GridResult,
  outcome: GridOutcome,
  { noun, notes: furtherNotes }: Required<TableOptions>,
): StudyTable {
  const { label, metric, cells, notes } = outcome;
  const { label: unit } = metricUnit(metric);
  const all = outcomesOf(result);
  const adjusted = adjustedOf(all.filter((other) => other.metric === metric));
  const known = cells.flatMap((cell) => cell ?? []);
  const forgetting = forgettingHeading(known.map((cell) => cell.forgetting));
  const tuned = result.tuning !== null;
  const units = known.some(({ values }) => values.some(({ seeds }) => seeds.length > 1)) ? 'merge' : 'seed';
  const bySeedsOnly = known.every(({ own }) => own.bootstrap === null);
  const of = all.length > 1 ? `${label}: ${metricName(metric)}` : metricLabel(metric);
  const isTested = known.some(({ difference }) => difference?.test != null);
  const hasNorms = known.some((cell) => cell.norms !== undefined);
  const forgetsMore = known.some((cell) => cell.forgetting?.difference != null);
  const cellTexts = ({ values, own, difference, forgetting: forgotten, norms }: OutcomeCell, at: number) => [
    values.map(({ value }) => valueText(metric, value)).join(', '),
    valueText(metric, own.mean),
    halfWidthText(metric, own),
    ...(bySeedsOnly ? [] : [intervalText(metric, own)]),
    difference === null ? '–' : signedText(metric, difference.mean),
    halfWidthText(metric, difference),
    ...(bySeedsOnly ? [] : [intervalText(metric, difference, signedText)]),
    ...(isTested ? [pText(difference?.test?.p), pText(adjusted.of(outcome, at))] : []),
    pText(difference?.permutation?.p),
    ...(forgetting === null ? [] : [riseText(forgotten?.rise)]),
    ...(forgetsMore ? differenceTexts(forgotten?.difference ?? null) : []),
    ...(hasNorms ? [normText(norms?.own), normText(norms?.target)] : []),
  ];
  const columns = [
    { label: `Each ${units}${unit}`, numeric: true },
    { label: `Mean${unit}`, numeric: true },
    { label: '± 95 %, seeds', numeric: true },
    ...(bySeedsOnly ? [] : [{ label: '95 %, seeds and examples', numeric: true }]),
    { label: 'Difference', numeric: true },
    { label: '± 95 %, paired seeds', numeric: true },
    ...(bySeedsOnly ? [] : [{ label: '95 %, paired seeds and examples', numeric: true }]),
    ...(isTested
      ? [
          { label: 'p', numeric: true },
          { label: 'p, Holm', numeric: true },
        ]
      : []),
    { label: 'p, seeds', numeric: true },
    ...(forgetting === null ? [] : [{ label: forgetting, numeric: true }]),
    ...(forgetsMore ? ['Forgetting difference', '± 95 %, paired seeds'] : []).map((text) => ({
      label: text,
      numeric: true,
    })),
    ...(hasNorms ? ['‖ΔW‖ as trained', '‖ΔW‖ scored at'] : []).map((text) => ({ label: text, numeric: true })),
  ];
  return {
    title: `${of} of each ${noun}, and its paired difference to ${theReference(result)}${bySeedsOnly ? '; intervals over seeds only' : ''}`,
    columns: [{ label: titled(noun) }, ...(tuned ? [{ label: 'Learning rate', numeric: true }] : []), ...columns],
    notes: [
      ...referenceNotes(result),
      ...notes,
      ...(isTested
        ? [
            `p: t test of a mean difference of 0 over the draws of the interval; p, Holm: corrected for ${differencesText(adjusted.count)} by this metric; p, seeds: sign flips of the paired seeds.`,
          ]
        : []),
      ...(hasNorms ? [normNote] : []),
      ...furtherNotes,
    ],
    rows: cells.map((cell, at) => ({
      cells: [
        nameOf(result, at),
        ...(tuned ? [rateOf(result, at)] : []),
        ...(cell === null ? Array.from({ length: columns.length }, () => '–') : cellTexts(cell, at)),
      ],
    })),
  };
}

/** Explains the differences of scores at the compared cell's norm. */
export const normNote =
  'At the compared cell’s ‖ΔW‖: one factor multiplies ΔW, and the difference is to the reference as trained, which has the same ‖ΔW‖.';

/** A mean norm; "–" where none was measured. */
export function normText(norm: number | undefined): string {
  return formatNumber(norm, 4);
}

function differenceTexts(difference: MetricInterval | null): [mean: string, halfWidth: string] {
  if (difference === null) return ['–', '–'];
  const { mean, halfWidth } = difference;
  return [riseText(mean), halfWidth === null ? '–' : levelText(halfWidth)];
}

function pText(p: number | null | undefined): string {
  return p == null ? '–' : probabilityText(p);
}

function differencesText(count: number): string {
  return count === 1 ? 'the one difference' : `all ${count} differences`;
}

function bracketed(value: string, interval: string): string {
  return interval === '–' ? value : `${value} (${interval})`;
}

function nameOf(result: GridResult, at: number): string {
  const label = result.cells[at]?.label ?? '';
  return isReference(result, at) ? `${label} (reference)` : label;
}

function theReference(result: GridResult): string {
  return commonReference(result) === null ? 'its reference' : 'the reference';
}

/** Describes the compared cells if there is more than one reference. */
function referenceNotes(result: GridResult): string[] {
  if (commonReference(result) !== null) return [];
  const compared = result.cells.flatMap(({ label }, at) => {
    const other = referenceOf(result, at);
    return other === at ? [] : [`"${label}" with "${result.cells[other]?.label ?? ''}"`];
  });
  return [`Compared: ${compared.join('; ')}.`];
}

function rateOf({ cells }: GridResult, at: number): string {
  const { learning_rate: rate = null, batch_size: batch } = cells[at] ?? {};
  if (rate === null) return '–';
  return batch === undefined ? rateText(rate) : `${rateText(rate)} × ${batch}`;
}
