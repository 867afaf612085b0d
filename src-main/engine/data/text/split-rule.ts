import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { cellOf } from './raw-row.ts';
import { hashOf, type SplitName, type SplitRule, uniform } from './split.ts';
import { groupedSplit, stratifiedSplit, timeSplit } from './surveyed-splits.ts';

/** All rows of a file are of one split. */
export function splitByFile(split: SplitName): SplitRule {
  return { by: 'file', column: null, only: split, description: 'by file', assign: () => split };
}

/**
 * Rule given by `split_by`, else by a split column (given, or called "split"), else a seeded share of the rows.
 * @param together column whose equal values stay in one split where it is drawn, e.g. the text of several questions
 * @throws StudioError invalid_input if the column does not exist.
 */
export function splitRule(
  path: string,
  columns: readonly string[],
  options: ParameterValues,
  { together, label }: { readonly together: string | null; readonly label: string | null } = {
    together: null,
    label: null,
  },
): SplitRule {
  const by = String(options['split_by'] ?? 'guessed');
  const surveyed = surveyedRules[by];
  if (surveyed !== undefined) {
    const { option, split } = surveyed;
    const column = option === null ? label : String(options[option] ?? '');
    const fraction = Number(options['test_fraction']);
    if (column !== null && column !== '' && columns.includes(column))
      return split({ path, column, fraction, seed: Number(options['seed']) });
    throw new StudioError(
      'invalid_input',
      option === null
        ? `${path} has no label column, so its rows cannot be split by their labels.`
        : column === ''
          ? `${path} is to be split by ${by === 'time' ? 'time' : 'groups'}, but no column is named.`
          : `${path} has no column "${column}".`,
      `Its columns: ${columns.slice(0, 20).join(', ')}. Choose one, e.g. ${option ?? 'label'}=NAME.`,
    ).at(option ?? 'label');
  }
  const byShare = () => splitByFraction(Number(options['test_fraction']), Number(options['seed']), together);
  if (by === 'share') return byShare();
  const stated = String(options['split_column'] ?? '');
  const column = stated !== '' ? stated : (columns.find((name) => name.toLowerCase() === 'split') ?? null);
  if (column !== null && columns.includes(column)) return splitByColumn(column, String(options['test_split']));
  if (column === null && by !== 'column') return byShare();
  throw new StudioError(
    'invalid_input',
    column === null
      ? `${path} is to be split by a column, but none is named, and it has none called split.`
      : `${path} has no column "${column}" to split by.`,
    `Its columns: ${columns.slice(0, 20).join(', ')}.`,
  ).at('split_column');
}

/** Rules that must know all rows, with the option of their column; null: the column of the labels. */
const surveyedRules: Readonly<
  Record<string, { readonly option: string | null; readonly split: typeof stratifiedSplit } | undefined>
> = {
  stratified: { option: null, split: stratifiedSplit },
  group: { option: 'group_column', split: groupedSplit },
  time: { option: 'time_column', split: timeSplit },
};

function splitByColumn(column: string, testName: string): SplitRule {
  return {
    by: 'column',
    column,
    only: null,
    description: `by the column ${column} ("train…" and "${testName}")`,
    assign: ({ cells }) => {
      const value = String(cellOf(cells, column) ?? '');
      if (value === testName) return 'test';
      if (value.toLowerCase().startsWith('train')) return 'train';
      return {
        leftOut: `${column} is ${value === '' ? 'empty' : `"${value.slice(0, 40)}"`}, neither train nor ${testName}: left out; to test on it, set test_split to ${value.slice(0, 40) || 'its name'}`,
      };
    },
  };
}

/** Depends only on the row's index in the file (or its value in `together`) and the seed, so that no list of rows is needed. */
function splitByFraction(fraction: number, seed: number, together: string | null): SplitRule {
  const share = `${Math.round(fraction * 1000) / 10} %`;
  const drawn = together === null ? 'the rows' : `the rows, those of one ${together} together,`;
  return {
    by: 'share',
    column: null,
    only: null,
    description: `${share} of ${drawn} for testing, drawn by the seed ${seed}`,
    assign: ({ cells }, place) => {
      const group = together === null ? place : hashOf(String(cellOf(cells, together) ?? ''));
      return uniform(seed, group) < fraction ? 'test' : 'train';
    },
  };
}
