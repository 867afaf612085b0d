import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { cellOf, type RawRow } from './raw-row.ts';
import { hashOf, type SplitRule, uniform } from './split.ts';

/** Settings of a split that must know all rows before it assigns one. */
interface SurveyedSplit {
  readonly path: string;
  readonly column: string;
  readonly fraction: number;
  readonly seed: number;
}

const percent = (fraction: number): string => `${Math.round(fraction * 1000) / 10} %`;

/**
 * Number of test rows of `count`: the rounded share, but at least one, and at least one for training.
 * Zero for a single row and for a share of zero.
 */
function testCount(count: number, fraction: number): number {
  if (fraction <= 0 || count < 2) return 0;
  return Math.min(count - 1, Math.max(1, Math.round(count * fraction)));
}

function textIn({ cells }: RawRow, column: string): string {
  const cell = cellOf(cells, column);
  if (cell === undefined || cell === null) return '';
  return typeof cell === 'object' && !(cell instanceof Number) ? JSON.stringify(cell) : String(cell).trim();
}

/** The same share of the rows of each label, drawn by a seed. */
export function stratifiedSplit({ column, fraction, seed }: SurveyedSplit): SplitRule {
  const ranks = new Map<string, number[]>();
  const limits = new Map<string, number>();
  return {
    by: 'stratified',
    column: null,
    only: null,
    description: `${percent(fraction)} of the rows of each ${column} for testing, drawn by the seed ${seed}`,
    survey: {
      begin() {
        ranks.clear();
        limits.clear();
      },
      add(row, place) {
        const value = textIn(row, column);
        const own = ranks.get(value);
        if (own === undefined) ranks.set(value, [rankOf(seed, place)]);
        else own.push(rankOf(seed, place));
      },
      finish() {
        for (const [value, own] of ranks) {
          own.sort((one, other) => one - other);
          limits.set(value, own[testCount(own.length, fraction)] ?? Number.POSITIVE_INFINITY);
        }
        ranks.clear();
      },
    },
    assign: (row, place) => (rankOf(seed, place) < (limits.get(textIn(row, column)) ?? 0) ? 'test' : 'train'),
  };
}

/** Rows of equal numbers, of 32 bits each, differ by their places. */
function rankOf(seed: number, place: number): number {
  return uniform(seed, place) + (place % 2 ** 20) * 2 ** -52;
}

/** Whole groups of rows with an equal value, drawn by a seed until they are the share of the rows. */
export function groupedSplit({ path, column, fraction, seed }: SurveyedSplit): SplitRule {
  const counts = new Map<string, number>();
  const tests = new Set<string>();
  return {
    by: 'group',
    column,
    only: null,
    description: `whole groups of one ${column}, together ${percent(fraction)} of the rows, for testing, drawn by the seed ${seed}`,
    survey: {
      begin() {
        counts.clear();
        tests.clear();
      },
      add(row) {
        const group = textIn(row, column);
        counts.set(group, (counts.get(group) ?? 0) + 1);
      },
      finish() {
        if (counts.size < 2 && fraction > 0)
          throw new StudioError(
            'invalid_input',
            `${path}: all rows have the same ${column}, so they are one group.`,
            'Choose a column with several values, or another split.',
          ).at('group_column');
        const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
        const wanted = testCount(total, fraction);
        const drawn = [...counts]
          .map(([group, count]) => ({ group, count, rank: uniform(seed, hashOf(group)) }))
          .sort((one, other) => one.rank - other.rank || (one.group < other.group ? -1 : 1));
        let taken = 0;
        for (const { group, count } of drawn.slice(0, -1)) {
          if (taken >= wanted) break;
          // A large group is skipped if it would miss the share by more than it is missed without it.
          if (taken > 0 && taken + count - wanted > wanted - taken) continue;
          tests.add(group);
          taken += count;
        }
      },
    },
    assign: (row) => (tests.has(textIn(row, column)) ? 'test' : 'train'),
  };
}

/** The latest rows; rows of one time stay together. */
export function timeSplit({ path, column, fraction }: SurveyedSplit): SplitRule {
  const values: string[] = [];
  let order: 'day' | 'month' = 'month';
  let from = Number.POSITIVE_INFINITY;
  let written = '';
  return {
    by: 'time',
    column,
    only: null,
    get description() {
      const start = written === '' ? '' : `, from ${written} on`;
      return `the latest ${percent(fraction)} of the rows by ${column} for testing${start}`;
    },
    survey: {
      begin: () => values.splice(0),
      add: (row) => values.push(textIn(row, column)),
      finish() {
        order = dayOrder(path, column, values);
        const times = values
          .map((value) => ({ value, time: timeOf(value, order) }))
          .filter(({ time }) => time !== null);
        times.sort((one, other) => (one.time ?? 0) - (other.time ?? 0));
        values.length = 0;
        const [first, last] = [times[0], times.at(-1)];
        if (first === undefined || (fraction > 0 && first.time === last?.time))
          throw new StudioError(
            'invalid_input',
            `${path}: ${column} has no two different times.`,
            'Choose a column with dates (2024-05-31), times or numbers.',
          ).at('time_column');
        const wanted = testCount(times.length, fraction);
        const start = wanted === 0 ? undefined : times[times.length - wanted];
        // The earliest time is never the first one of the test rows.
        const found = start?.time === first.time ? times.find(({ time }) => time !== first.time) : start;
        from = found?.time ?? Number.POSITIVE_INFINITY;
        written = found?.value ?? '';
      },
    },
    assign(row) {
      const value = textIn(row, column);
      const time = timeOf(value, order);
      if (time !== null) return time >= from ? 'test' : 'train';
      return {
        leftOut: `${column} is ${value === '' ? 'empty' : `"${value.slice(0, 40)}"`}, which is no time: left out; write it as 2024-05-31`,
      };
    },
  };
}

const numericDate = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})(.*)$/;

/** Order of day and month in dates such as 31.5.2024. @throws StudioError invalid_input if both orders fit */
function dayOrder(path: string, column: string, values: readonly string[]): 'day' | 'month' {
  const dates = values.flatMap((value) => {
    const [, first, second] = numericDate.exec(value) ?? [];
    return first === undefined || second === undefined ? [] : [[Number(first), Number(second)] as const];
  });
  if (dates.some(([first]) => first > 12)) return 'day';
  if (dates.length === 0 || dates.some(([, second]) => second > 12)) return 'month';
  // A point between day and month is European.
  if (values.some((value) => /^\d{1,2}\.\d{1,2}\.\d{4}/.test(value))) return 'day';
  throw new StudioError(
    'invalid_input',
    `${path}: ${column} has dates such as ${values.find((value) => numericDate.test(value))}, whose day and month cannot be told apart.`,
    'Write them as 2024-05-31.',
  ).at('time_column');
}

/** A number, or a date or time in milliseconds; null for anything else. */
function timeOf(value: string, order: 'day' | 'month'): number | null {
  if (value === '') return null;
  if (Number.isFinite(Number(value))) return Number(value);
  const [, first = '', second = '', year = '', rest = ''] = numericDate.exec(value) ?? [];
  const [day, month] = order === 'day' ? [first, second] : [second, first];
  const clock = rest.trim().replace(/^T/, '');
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${clock === '' ? 'T00:00:00Z' : `T${clock}`}`;
  const time = Date.parse(year === '' ? value : iso);
  return Number.isNaN(time) ? null : time;
}
