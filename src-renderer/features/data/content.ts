import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import { formatCount, plural } from '../../components/format/format.ts';
import { dataStrings } from '../../strings/data.ts';

/** Summarizes the learning targets of a dataset: its classes, or what replaces them. */
export function contentWords({ labels, text }: DatasetDescription): string {
  if (text?.labelKind === 'tags') return plural(labels.length, 'tag');
  if (text === null || labels.length > 0) return plural(labels.length, 'class', 'classes');
  if (text.columns.rejected !== null || text.columns.desirable !== null) return 'preferences';
  if (text.columns.choices !== null || text.columns.answers !== null) return 'questions';
  if (text.columns.messages !== null) return 'conversations';
  if (text.columns.completion !== null) return 'prompts';
  if (text.columns.anchor !== null) return 'pairs';
  return text.labelKind === 'numbers' ? 'numbers' : 'unlabeled';
}

/** Formats the number of examples of each split: "1,000 train". */
export function splitWords({ splits }: Pick<DatasetDescription, 'splits'>): string[] {
  return splits.map(({ name, exampleCount }) => `${formatCount(exampleCount)} ${name}`);
}

/** "28 × 28 pixels, grayscale": what a dataset holds, or what a model reads. */
export function imageSizeWords({ width, height, channels }: NonNullable<DatasetDescription['image']>): string {
  return `${dataStrings.pixels(width, height)}, ${channels === 1 ? dataStrings.grayscale : dataStrings.channels(channels)}`;
}
