import { titled } from '../../format/mid-sentence.ts';
import { probabilityText } from '../../format/numbers.ts';
import { metricLabel, metricName, metricUnit, signedText, valueText } from '../../metrics/index.ts';
import { forgettingHeading, riseText } from '../../results/forgetting.ts';
import type { FieldWords } from '../config/field-words.ts';
import type { StudyTable } from '../define-study.ts';
import { halfWidthText, intervalText } from '../scores/metric-interval.ts';
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

/**
 * One row a cell: every subject with its interval in the first table, then each subject by itself.
 * @param noun what a cell is called
 */
export function gridTables(given: GridResult, words: FieldWords | null, noun = 'cell'): StudyTable[] {
  const result = labelled(given, words);
  const outcomes = outcomesOf(result);
  const first = outcomes.filter(({ metric }) => metric === result.metric);
  return [
    ...(first.length > 1 ? [summaryTable(result, first, noun)] : []),
    ...outcomes.map((outcome) => outcomeTable(result, outcome, noun)),
    ...(result.tuning === null ? [] : [tuningTable(result.tuning)]),
  ];
}

/** Each subject as two columns: its mean and its paired difference to the reference, both with 95 % intervals. */
function summaryTable(result: GridResult, outcomes: readonly GridOutcome[], noun: string): StudyTable {
  const { metric, cells } = result;
  return {
    title: `${metricLabel(metric)}${metricUnit(metric).label} of each ${noun} and its paired difference to ${theReference(result)}, with 95 % intervals`,
    columns: [
      { label: titled(noun) },
      ...outcomes.flatMap(({ label }) => [
        { label, numeric: true },
        { label: 'Difference', numeric: true },
      ]),
    ],
    notes: [...referenceNotes(result), ...new Set(outcomes.flatMap(({ notes }) => notes))],
    rows: cells.map((_, at) => ({
      cells: [
        nameOf(result, at),
        ...outcomes.flatMap((outcome) => {
          const { own = null, difference = null } = outcome.cells[at] ?? {};
          return [
            own === null ? '–' : bracketed(valueText(metric, own.mean), intervalText(metric, own)),
            difference === null
              ? '–'
              : bracketed(signedText(metric, difference.mean), intervalText(metric, difference, signedText)),
          ];
        }),
      ],
    })),
  };
}

function outcomeTable(result: GridResult, { label, metric, cells, notes }: GridOutcome, noun: string): StudyTable {
  const { label: unit } = metricUnit(metric);
  const all = outcomesOf(result);
  const known = cells.flatMap((cell) => cell ?? []);
  const forgetting = forgettingHeading(known.map((cell) => cell.forgetting));
  const tuned = result.tuning !== null;
  const units = known.some(({ values }) => values.some(({ seeds }) => seeds.length > 1)) ? 'merge' : 'seed';
  const bySeedsOnly = known.every(({ own }) => own.bootstrap === null);
  const of = all.length > 1 ? `${label}: ${metricName(metric)}` : metricLabel(metric);
  const cellTexts = ({ values, own, difference, forgetting: forgotten }: OutcomeCell) => [
    values.map(({ value }) => valueText(metric, value)).join(', '),
    valueText(metric, own.mean),
    halfWidthText(metric, own),
    ...(bySeedsOnly ? [] : [intervalText(metric, own)]),
    difference === null ? '–' : signedText(metric, difference.mean),
    halfWidthText(metric, difference),
    ...(bySeedsOnly ? [] : [intervalText(metric, difference, signedText)]),
    difference?.permutation == null ? '–' : probabilityText(difference.permutation.p),
    ...(forgetting === null ? [] : [riseText(forgotten?.rise)]),
  ];
  const columns = [
    { label: `Each ${units}${unit}`, numeric: true },
    { label: `Mean${unit}`, numeric: true },
    { label: '± 95 %, seeds', numeric: true },
    ...(bySeedsOnly ? [] : [{ label: '95 %, seeds and examples', numeric: true }]),
    { label: 'Difference', numeric: true },
    { label: '± 95 %, paired seeds', numeric: true },
    ...(bySeedsOnly ? [] : [{ label: '95 %, paired seeds and examples', numeric: true }]),
    { label: 'p, seeds', numeric: true },
    ...(forgetting === null ? [] : [{ label: forgetting, numeric: true }]),
  ];
  return {
    title: `${of} of each ${noun}, and its paired difference to ${theReference(result)}${bySeedsOnly ? '; intervals over seeds only' : ''}`,
    columns: [{ label: titled(noun) }, ...(tuned ? [{ label: 'Learning rate', numeric: true }] : []), ...columns],
    notes: [...referenceNotes(result), ...notes],
    rows: cells.map((cell, at) => ({
      cells: [
        nameOf(result, at),
        ...(tuned ? [rateOf(result, at)] : []),
        ...(cell === null ? Array.from({ length: columns.length }, () => '–') : cellTexts(cell)),
      ],
    })),
  };
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
  const rate = cells[at]?.learning_rate;
  return rate == null ? '–' : rateText(rate);
}
