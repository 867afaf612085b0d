import { amidWords } from '../format/amid-words.ts';
import { type MeanInterval, meanInterval, pairedDifference } from '../statistics/student.ts';
import { formatFigure, type TableRow, type TableUnit } from './comparison-row.ts';
import type { ComparisonSides } from './names.ts';

/**
 * Difference with minus without CoTo, in the unit of the row. Values are paired by seed; single merged values are
 * paired directly. null if a side has no counterpart.
 */
export function rowDifference(row: TableRow): MeanInterval | null {
  const withCoto: number[] = [];
  const without: number[] = [];
  const remaining = [...row.lora.values];
  for (const { seed, value } of row.coto.values) {
    const at = remaining.findIndex((other) => other.seed === seed);
    const partner = remaining[at];
    if (partner === undefined) continue;
    remaining.splice(at, 1);
    withCoto.push(value);
    without.push(partner.value);
  }
  return withCoto.length === 0 ? null : pairedDifference(withCoto, without);
}

/** Formats a difference with its sign: "+1.2", "−0.4". */
export function formatDifference(value: number, unit: TableUnit): string {
  const text = formatFigure(Math.abs(value), unit);
  if (Number(text) === 0) return text;
  return `${value > 0 ? '+' : '−'}${text}`;
}

/** A difference with half the width of its interval: "+1.2 ± 0.8"; "–" where nothing can be compared. */
export function differenceText(difference: Pick<MeanInterval, 'mean' | 'halfWidth'> | null, unit: TableUnit): string {
  if (difference === null) return '–';
  const { mean, halfWidth } = difference;
  return `${formatDifference(mean, unit)}${halfWidth === null ? '' : ` ± ${formatFigure(halfWidth, unit)}`}`;
}

type Verdict = 'coto' | 'without' | 'level';

/**
 * Which side is better in a row with a direction; `certain` says whether the 95 % interval excludes zero, null without
 * an interval.
 */
function verdictOf(row: TableRow): { ahead: Verdict; certain: boolean | null } | null {
  const difference = rowDifference(row);
  if (difference === null || row.better === null) return null;
  const gain = row.better === 'higher' ? difference.mean : -difference.mean;
  const { halfWidth } = difference;
  const certain = halfWidth === null ? null : Math.abs(difference.mean) > halfWidth;
  if (Math.abs(gain) < 1e-12) return { ahead: 'level', certain };
  return { ahead: gain > 0 ? 'coto' : 'without', certain };
}

/**
 * What the table shows, in sentences that claim no more than it does: which side is better in how many metrics, which intervals
 * exclude zero, what cannot be said, the cost of a step, and how finely the test set can tell scores apart.
 *
 * @param examples test examples behind each accuracy; null where unknown or mixed.
 */
export function conclusions(rows: readonly TableRow[], examples: number | null, sides: ComparisonSides): string[] {
  const scores = rows.filter((row) => row.unit !== 'milliseconds' && row.better !== null);
  const judged = scores.flatMap((row) => {
    const verdict = verdictOf(row);
    return verdict === null ? [] : [{ row, ...verdict }];
  });
  return [
    ...countSentence(
      judged.map(({ ahead }) => ahead),
      sides,
    ),
    ...intervalSentences(judged),
    ...aloneSentence(rows),
    ...stepSentence(rows),
    ...samplingSentence(rows, examples),
  ];
}

function countSentence(verdicts: readonly Verdict[], { without, coto }: ComparisonSides): string[] {
  if (verdicts.length === 0) return ['No metric has values both with and without CoTo: there is nothing to compare.'];
  const count = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length;
  const level = count('level') > 0 ? `; they are equal in ${count('level')}` : '';
  return [
    `${coto} has the better mean in ${count('coto')} of ${verdicts.length} metrics, ${without} in ${count('without')}${level}. Metrics of one study share their adapters, so they are not independent evidence.`,
  ];
}

function intervalSentences(judged: readonly { row: TableRow; ahead: Verdict; certain: boolean | null }[]): string[] {
  const withInterval = judged.filter(({ certain }) => certain !== null);
  const sentences: string[] = [];
  if (withInterval.length > 0) {
    const pairs = Math.min(...withInterval.map(({ row }) => rowDifference(row)?.n ?? 0));
    const clear = withInterval.filter(({ certain }) => certain);
    const named = (side: Verdict) => clear.filter(({ ahead }) => ahead === side).map(({ row }) => row.label);
    const list = [
      ...(named('coto').length > 0 ? [`in favor of CoTo in: ${named('coto').join(', ')}`] : []),
      ...(named('without').length > 0 ? [`against it in: ${named('without').join(', ')}`] : []),
    ];
    const outcome =
      clear.length === 0
        ? "no metric's 95 % interval of the difference excludes zero"
        : `the 95 % interval of the difference excludes zero in ${clear.length} of ${withInterval.length} metrics, ${list.join('; ')}`;
    const wide = pairs === 2 ? ' Two pairs make such intervals very wide.' : '';
    const chance =
      clear.length > 0
        ? ` Of ${withInterval.length} intervals, about ${formatExpected(withInterval.length)} would exclude zero by chance alone.`
        : '';
    sentences.push(`With ${countWord(pairs)} paired seeds, ${outcome}.${wide}${chance}`);
  }
  const unsure = judged.filter(({ certain }) => certain === null);
  const labelled = (several: boolean) =>
    unsure.filter(({ row }) => (rowDifference(row)?.n ?? 0) > 1 === several).map(({ row }) => row.label);
  if (labelled(true).length > 0)
    sentences.push(
      `All seeds differ by exactly the same, which says nothing of the spread, so no interval is given: ${labelled(true).join(', ')}.`,
    );
  if (labelled(false).length > 0)
    sentences.push(`Single value per method, no interval: ${labelled(false).join(', ')}.`);
  return sentences;
}

function aloneSentence(rows: readonly TableRow[]): string[] {
  const alone = rows.find((row) => row.id === 'alone');
  const difference = alone && rowDifference(alone);
  if (!alone || !difference) return [];
  const interval =
    difference.halfWidth === null
      ? `${countWord(difference.n)} ${difference.n === 1 ? 'pair' : 'equal pairs'} of seeds, no interval`
      : `95 % interval ± ${formatFigure(difference.halfWidth, alone.unit)}, ${difference.n} pairs`;
  return [
    `On the task itself, before any merging or pruning, CoTo makes a difference of ${formatDifference(difference.mean, alone.unit)} points (${interval}).`,
  ];
}

function stepSentence(rows: readonly TableRow[]): string[] {
  const step = rows.find((row) => row.unit === 'milliseconds');
  const { lora, coto } = step ?? {};
  if (!step || lora?.mean == null || coto?.mean == null || lora.mean <= 0) return [];
  const share = (coto.mean - lora.mean) / lora.mean;
  const word = share < 0 ? 'less' : 'more';
  const active = rows.find((row) => row.id === 'active')?.coto.mean;
  const on = active == null ? '' : `, with ${formatFigure(active, 'share')} % of the layers on in the mean`;
  return [
    `A training step took ${formatFigure(lora.mean, 'milliseconds')} ms without and ${formatFigure(coto.mean, 'milliseconds')} ms with CoTo (${amidWords(step.label)}), ${(100 * Math.abs(share)).toFixed(1)} % ${word}${on}.`,
  ];
}

/** √(a·(1 − a)/n): the standard error of an accuracy due to the finite test set. */
function samplingSentence(rows: readonly TableRow[], examples: number | null): string[] {
  const alone = rows.find((row) => row.id === 'alone');
  const values = [...(alone?.lora.values ?? []), ...(alone?.coto.values ?? [])].map(({ value }) => value);
  if (examples === null || examples <= 0 || values.length === 0) return [];
  const accuracy = meanInterval(values).mean;
  const error = Math.sqrt((accuracy * (1 - accuracy)) / examples);
  return [
    `Each accuracy is measured on ${examples} test examples, which alone gives it a standard error of about ${formatFigure(error, 'points')} points.`,
  ];
}

function formatExpected(intervals: number): string {
  const expected = 0.05 * intervals;
  return expected < 1 ? expected.toFixed(1) : String(Math.round(expected));
}

function countWord(count: number): string {
  return ['no', 'one', 'two', 'three', 'four', 'five'][count] ?? String(count);
}
