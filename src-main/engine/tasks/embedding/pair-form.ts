import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type {
  DatasetDescription,
  TextColumns,
  TextDescription,
  TextExample,
} from '../../../../src-shared/domain/data/dataset.ts';
import type { PairForm } from '../../outcomes/embedding-loss.ts';

interface Pairs {
  readonly columns: TextColumns;
  readonly labelKind: TextDescription['labelKind'];
  readonly labels: readonly string[];
}

/** Returns the form of a dataset's text pairs; null if embeddings cannot be trained on them. */
export function formOf(dataset: Pairs | Pick<DatasetDescription, 'text' | 'labels'>): PairForm | null {
  const { columns, labelKind, labels } = 'text' in dataset ? { ...dataset.text, labels: dataset.labels } : dataset;
  if (!columns) return null;
  if (columns.anchor !== null) return 'ranking';
  if (columns.text === null || columns.text_pair === null) return null;
  if (labelKind === 'numbers') return 'scores';
  if (labelKind !== 'classes') return null;
  if (labels.length > 0 && labels.length <= 2 && labels.every((label) => alikeOf(label) !== null)) return 'labels';
  return labels.length > 2 && labels.every((label) => Number.isFinite(Number(label))) ? 'scores' : null;
}

/** Labels of pairs that are alike, or not: 1 or 0. */
const alike: ReadonlyMap<string, number> = new Map([
  ['0', 0],
  ['1', 1],
  ['false', 0],
  ['true', 1],
  ['not_duplicate', 0],
  ['duplicate', 1],
  ['not_equivalent', 0],
  ['equivalent', 1],
]);

/** 1 or 0 for a label of pairs that are alike or not; null for another one. Tables write 1.0, too. */
function alikeOf(label: string): number | null {
  const number = label.trim() === '' ? Number.NaN : Number(label);
  return alike.get(label.toLowerCase()) ?? (number === 0 || number === 1 ? number : null);
}

/** Divisors of scores: the first that leaves none above 1 applies. STS scores go up to 5. */
const highestScores = [1, 5, 10, 100];

interface Targets {
  /** In [−1, 1], of each example; empty of a ranking. */
  readonly targets: Readonly<Record<'train' | 'test', Float32Array>>;
  readonly scaledBy: number;
}

/**
 * @param range of the scores of all rows: an evaluation, which reads the test rows alone, divides as training does
 * @throws StudioError invalid_input for scores of which there is no telling the highest
 */
export function targetsOf(
  form: PairForm,
  labels: Readonly<Record<'train' | 'test', readonly TextExample['label'][]>>,
  { least, most }: { readonly least: number; readonly most: number },
): Targets {
  if (form === 'ranking') return { targets: { train: new Float32Array(0), test: new Float32Array(0) }, scaledBy: 1 };
  const targetOf = (label: TextExample['label']): number =>
    form === 'labels' ? (alikeOf(String(label)) ?? 0) : Number(label);
  const scaledBy = highestScores.find((score) => most <= score);
  if (scaledBy === undefined || least < -scaledBy)
    throw new StudioError(
      'invalid_input',
      `The scores range from ${least} to ${most}, so the score of two identical texts is not known.`,
      'Scale them to 0–1.',
    ).at('dataset');
  const scaled = (split: readonly TextExample['label'][]) =>
    Float32Array.from(split, (label) => targetOf(label) / scaledBy);
  return { targets: { train: scaled(labels.train), test: scaled(labels.test) }, scaledBy };
}
