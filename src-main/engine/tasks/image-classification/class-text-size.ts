import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import { classTemplatesOf, classTexts } from '../../../../src-shared/tasks/class-templates.ts';

/** Estimates the number of class texts, and the tokens of the longest, without the tokenizer. */
export function classTextSize(
  labels: readonly string[],
  { class_templates, max_length }: Pick<TaskSettings, 'class_templates' | 'max_length'>,
): { readonly texts: number; readonly tokens: number } {
  const templates = classTemplatesOf(class_templates);
  const longest = labels
    .flatMap((label) => classTexts(templates, label))
    .reduce((most, text) => Math.max(most, usualTokens(text)), 0);
  return { texts: labels.length * templates.length, tokens: Math.min(max_length, longest) };
}

/** CLIP cuts a text into words, digits and signs. A common word is one token, a long one some; beside them begin and end. */
function usualTokens(text: string): number {
  const pieces = text.match(/\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu) ?? [];
  const isPlain = (piece: string) => /^[a-z]+$/i.test(piece);
  return pieces.reduce((sum, piece) => sum + (isPlain(piece) ? Math.ceil(piece.length / 6) : piece.length), 2);
}
