import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { cellOf, type RawRow } from './raw-row.ts';

type SplitName = 'train' | 'test';

/** Assigns rows to splits. */
export interface SplitRule {
  readonly by: 'share' | 'column' | 'file';
  /** The split column, if any. */
  readonly column: string | null;
  /** The split of all rows, if known beforehand. */
  readonly only: SplitName | null;
  readonly description: string;
  /** A string other than train and test is the reason why the row is in neither. */
  assign(row: RawRow, place: number): SplitName | { readonly leftOut: string };
}

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
  together: string | null = null,
): SplitRule {
  const by = String(options['split_by'] ?? 'guessed');
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

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** A number in [0, 1) from seed and index, by the finalizer of MurmurHash3 (Austin Appleby, public domain). */
export function uniform(seed: number, place: number): number {
  let bits = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place + 1, 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
