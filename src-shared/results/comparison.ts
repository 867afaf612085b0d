import { midSentence } from '../format/mid-sentence.ts';
import { plural } from '../format/numbers.ts';
import { type MeanInterval, meanInterval, pairedDifference } from '../statistics/student.ts';
import { formatFigure, type TableRow, type TableUnit } from './comparison-row.ts';
import { type Clarity, clarityOf, clarityWords, differenceWords } from './difference-clarity.ts';
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

/** A row with a direction, the side whose mean is better, and whether the interval of the difference says so. */
interface Judged {
  readonly row: TableRow;
  readonly difference: MeanInterval;
  readonly ahead: 'coto' | 'without' | 'level';
  readonly clarity: Clarity;
}

function judge(row: TableRow): Judged[] {
  const difference = rowDifference(row);
  if (difference === null || row.better === null || row.unit === 'milliseconds') return [];
  const gain = row.better === 'higher' ? difference.mean : -difference.mean;
  const ahead = Math.abs(gain) < 1e-12 ? 'level' : gain > 0 ? 'coto' : 'without';
  return [{ row, difference, ahead, clarity: clarityOf(difference) }];
}

/**
 * Sentences that claim no more than the table: how many metrics differ clearly and in whose favor, which have no interval,
 * the cost of a step, and how finely the test set can tell scores apart. No difference inside its interval is a result.
 *
 * @param examples test examples behind each accuracy; null where unknown or mixed.
 */
export function conclusions(rows: readonly TableRow[], examples: number | null, sides: ComparisonSides): string[] {
  const judged = rows.flatMap(judge);
  return [
    ...countSentences(judged, sides),
    ...clearSentences(judged),
    ...intervalSentences(judged),
    ...aloneSentence(rows),
    ...stepSentence(rows),
    ...samplingSentence(rows, examples),
  ];
}

function countSentences(judged: readonly Judged[], { without, coto }: ComparisonSides): string[] {
  if (judged.length === 0) return ['No metric has values both with and without CoTo: there is nothing to compare.'];
  const compared = judged.length === 1 ? 'the one metric compared' : `all ${judged.length} metrics compared`;
  if (judged.every(({ ahead }) => ahead === 'level')) return [`Both methods score the same on ${compared}.`];
  const count = (isCounted: (one: Judged) => boolean) => judged.filter(isCounted).length;
  const favors = (side: Judged['ahead']) => count(({ ahead, clarity }) => ahead === side && clarity === 'clear');
  const [unclear, unknown] = [
    count(({ clarity }) => clarity === 'unclear'),
    count(({ clarity }) => clarity === 'unknown'),
  ];
  const open = [
    ...(unclear > 0 ? [`${clarityWords.unclear} in ${unclear}`] : []),
    ...(unknown > 0 ? [`${clarityWords.unknown} in ${unknown}`] : []),
  ];
  const dependent =
    judged.length > 1 ? ' Metrics of one study share their adapters, so they are not independent evidence.' : '';
  return [
    `${coto} is clearly better in ${favors('coto')} of ${plural(judged.length, 'metric')}, ${without} in ${favors('without')}${open.map((part) => `; ${part}`).join('')}.${dependent}`,
  ];
}

/** The metrics whose interval excludes zero, with how many would by chance. */
function clearSentences(judged: readonly Judged[]): string[] {
  const clear = judged.filter(({ clarity }) => clarity === 'clear');
  if (clear.length === 0) return [];
  const named = (side: Judged['ahead']) => clear.filter(({ ahead }) => ahead === side).map(({ row }) => row.label);
  const list = [
    ...(named('coto').length > 0 ? [`in favor of CoTo in ${named('coto').join(', ')}`] : []),
    ...(named('without').length > 0 ? [`against CoTo in ${named('without').join(', ')}`] : []),
  ];
  const intervals = judged.filter(({ clarity }) => clarity !== 'unknown').length;
  return [
    `The 95% interval of the difference excludes zero ${list.join('; ')}. Of ${plural(intervals, 'interval')}, about ${formatExpected(intervals)} would exclude zero by chance alone.`,
  ];
}

function intervalSentences(judged: readonly Judged[]): string[] {
  const [known, unknown] = [
    judged.filter(({ clarity }) => clarity !== 'unknown'),
    judged.filter(({ clarity }) => clarity === 'unknown'),
  ];
  const isTwo = known.length > 0 && Math.min(...known.map(({ difference }) => difference.n)) === 2;
  const labels = (rows: readonly Judged[]) => rows.map(({ row }) => row.label).join(', ');
  const [single, equal] = [
    unknown.filter(({ difference }) => difference.n < 2),
    unknown.filter(({ difference }) => difference.n > 1),
  ];
  const isPair = equal.every(({ difference }) => difference.n === 2);
  return [
    ...(isTwo ? ['Two seeds give very wide intervals. Use at least three.'] : []),
    ...(equal.length > 0
      ? [`No interval for ${labels(equal)}: ${isPair ? 'both' : 'all'} seed pairs differ by the same amount.`]
      : []),
    ...(single.length > 0 ? [`No interval for ${labels(single)}: one value per method.`] : []),
  ];
}

function aloneSentence(rows: readonly TableRow[]): string[] {
  const alone = rows.find((row) => row.id === 'alone');
  const difference = alone && rowDifference(alone);
  if (!alone || !difference) return [];
  const figure = (value: number) => formatFigure(value, alone.unit);
  const words = differenceWords(difference, figure, 'points');
  if (words !== null) return [`Before merging or pruning, CoTo scores ${words}.`];
  const { lora, coto } = alone;
  if (lora.mean === null || coto.mean === null) return [];
  return [
    `Before merging or pruning: ${figure(lora.mean)}% without CoTo, ${figure(coto.mean)}% with CoTo; ${clarityWords.unknown}.`,
  ];
}

function stepSentence(rows: readonly TableRow[]): string[] {
  const step = rows.find((row) => row.unit === 'milliseconds');
  const { lora, coto } = step ?? {};
  if (!step || lora?.mean == null || coto?.mean == null || lora.mean <= 0) return [];
  const difference = rowDifference(step);
  const clarity = difference === null ? 'unknown' : clarityOf(difference);
  const share = (coto.mean - lora.mean) / lora.mean;
  const verdict =
    clarity === 'clear'
      ? `${(100 * Math.abs(share)).toFixed(1)}% ${share < 0 ? 'less' : 'more'}`
      : clarityWords[clarity];
  const active = rows.find((row) => row.id === 'active')?.coto.mean;
  const on = active == null ? '' : `; ${formatFigure(active, 'share')}% of layers active on average`;
  return [
    `A training step took ${formatFigure(lora.mean, 'milliseconds')} ms without and ${formatFigure(coto.mean, 'milliseconds')} ms with CoTo (${midSentence(step.label)}${on}): ${verdict}.`,
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
    `With ${plural(examples, 'test example')}, each accuracy has a standard error of about ${formatFigure(error, 'points')} points.`,
  ];
}

function formatExpected(intervals: number): string {
  const expected = 0.05 * intervals;
  return expected < 1 ? expected.toFixed(1) : String(Math.round(expected));
}
