import { equivalenceTest } from '../statistics/equivalence.ts';
import type { MeanInterval } from '../statistics/student.ts';
import type { TableRow } from './comparison-row.ts';

/** A published difference with minus without CoTo, for LoRA unless its setting names another variant. */
interface PublishedDifference {
  /** Id of the comparison's row. */
  readonly row: string;
  /** Difference as a share: 0.065 is 6.5 points. */
  readonly difference: number;
  readonly setting: string;
  readonly source: keyof typeof sources;
}

const sources = {
  rebuttal: "authors' rebuttal",
  note: 'third-party note on the paper',
} as const;

/** Numbers of the CoTo paper (arXiv 2506.05713) and its rebuttal. */
const published: readonly PublishedDifference[] = [
  { row: 'alone', difference: 0.0053, setting: 'CLIP ViT-B/16, mean of 11 datasets', source: 'note' },
  { row: 'alone', difference: 0.0107, setting: 'CLIP ViT-B/16, DTD', source: 'rebuttal' },
  { row: 'alone', difference: -0.0094, setting: 'DeBERTa-v3, six GLUE tasks, rate 5e-4', source: 'rebuttal' },
  { row: 'alone', difference: 0.0002, setting: 'DeBERTa-v3, six GLUE tasks, rate 1e-3', source: 'rebuttal' },
  { row: 'merged/factor-average', difference: 0.0643, setting: 'CLIP ViT-B/16, DTD, two seeds', source: 'rebuttal' },
  { row: 'pattern/Every other layer', difference: 0.0781, setting: 'CLIP ViT-B/16, DTD', source: 'rebuttal' },
  { row: 'pattern/Low third', difference: 0.043, setting: 'CLIP ViT-B/16, DTD', source: 'rebuttal' },
  { row: 'pattern/Middle third', difference: 0.081, setting: 'CLIP ViT-B/16, DTD', source: 'rebuttal' },
  { row: 'pattern/High third', difference: 0.099, setting: 'CLIP ViT-B/16, DTD', source: 'rebuttal' },
  { row: 'pattern/Only q', difference: 0.091, setting: 'CLIP ViT-B/16, DTD', source: 'rebuttal' },
  { row: 'pattern/Only k', difference: 0.087, setting: 'CLIP ViT-B/16, DTD', source: 'rebuttal' },
  { row: 'pattern/Only v', difference: 0.044, setting: 'CLIP ViT-B/16, DTD', source: 'rebuttal' },
  { row: 'grid/magnitude/50 % zeroed', difference: 0.1, setting: 'unstructured pruning', source: 'note' },
];

/** A published difference beside the one that was measured. */
export interface PublishedComparison {
  readonly row: TableRow;
  readonly published: number;
  readonly setting: string;
  readonly source: string;
  readonly measured: MeanInterval;
  readonly agreement: Agreement;
}

export type Agreement = 'within the interval' | 'smaller' | 'larger' | 'not seen' | 'opposite' | 'no interval';

/** Published differences of the rows, each with its agreement. Rows without one, and in other units, are left out. */
export function besidePublished(
  rows: readonly TableRow[],
  differenceOf: (row: TableRow) => MeanInterval | null,
): PublishedComparison[] {
  return published.flatMap(({ row: id, difference, setting, source }) => {
    const row = rows.find((one) => one.id === id && one.unit === 'percent');
    const measured = row === undefined ? null : differenceOf(row);
    if (row === undefined || measured === null) return [];
    const agreement = agreementOf(measured, difference);
    return [{ row, published: difference, setting, source: sources[source], measured, agreement }];
  });
}

/** Compares a published difference with the 95 % interval of the measured one. */
export function agreementOf({ mean, halfWidth }: MeanInterval, expected: number): Agreement {
  if (halfWidth === null) return 'no interval';
  if (Math.abs(expected - mean) <= halfWidth) return 'within the interval';
  if (Math.abs(mean) <= halfWidth) return 'not seen';
  if (Math.sign(mean) !== Math.sign(expected)) return 'opposite';
  return Math.abs(mean) < Math.abs(expected) ? 'smaller' : 'larger';
}

/** Differences within this many points count as equal in equivalence tests. */
export const equivalenceMargin = 0.01;

/** "yes, p 0.012" where a difference is shown to be within the margin, "not shown, p 0.210" where it is not. */
export function equivalenceText(measured: MeanInterval, text: (p: number) => string): string {
  const p = equivalenceTest(measured, equivalenceMargin);
  if (p === null) return '–';
  return `${p < 0.05 ? 'yes' : 'not shown'}, p ${text(p)}`;
}
