import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import { plural } from '../../components/format/format.ts';

/** What there is to learn from a dataset, in a few words: its classes, or what replaces them where it has none. */
export function contentWords({ labels, text }: DatasetDescription): string {
  if (text === null || labels.length > 0) return plural(labels.length, 'class', 'classes');
  if (text.columns.choices !== null) return 'questions';
  if (text.columns.messages !== null) return 'conversations';
  if (text.columns.completion !== null) return 'prompts';
  return text.labelKind === 'numbers' ? 'numbers' : 'unlabelled';
}
