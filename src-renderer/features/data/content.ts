import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import { dataStrings } from '../../strings/data.ts';

const words = dataStrings.content;

/** Summarizes the learning targets of a dataset: its classes, or what replaces them. */
export function contentWords({ labels, text }: DatasetDescription): string {
  if (text?.labelKind === 'tags') return words.tags(labels.length);
  if (text === null || labels.length > 0) return words.classes(labels.length);
  if (text.columns.rejected !== null || text.columns.desirable !== null) return words.preferences;
  if (text.columns.choices !== null || text.columns.answers !== null) return words.questions;
  if (text.columns.messages !== null) return words.conversations;
  if (text.columns.completion !== null) return words.prompts;
  if (text.columns.anchor !== null) return words.pairs;
  return text.labelKind === 'numbers' ? words.numbers : words.unlabeled;
}

/** Formats the number of examples of each split: "1,000 train". */
export function splitWords({ splits }: Pick<DatasetDescription, 'splits'>): string[] {
  return splits.map(({ name, exampleCount }) => words.split(exampleCount, name));
}

/** "28 × 28 pixels, grayscale": what a dataset holds, or what a model reads. */
export function imageSizeWords({ width, height, channels }: NonNullable<DatasetDescription['image']>): string {
  return `${dataStrings.pixels(width, height)}, ${channels === 1 ? dataStrings.grayscale : dataStrings.channels(channels)}`;
}
