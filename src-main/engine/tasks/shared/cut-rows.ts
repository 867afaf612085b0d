import type { EncodedText } from './prompt-writer.ts';
import { isLearned, type TokenRows } from './token-rows.ts';

/** Truncates a row; false if no token in the loss is left. */
export function addCut(rows: TokenRows, { ids, marks }: EncodedText, maxLength: number): boolean {
  const kept = marks.slice(0, maxLength);
  if (!kept.some((mark, at) => at > 0 && isLearned(mark))) return false;
  rows.add(ids.slice(0, maxLength), kept);
  return true;
}

export function lengthNotes({
  cut,
  leftOut,
  maxLength,
}: {
  cut: number;
  leftOut: number;
  maxLength: number;
}): string[] {
  return [
    ...(cut > 0 ? [`${cut} examples are longer than ${maxLength} tokens and were truncated.`] : []),
    ...(leftOut > 0
      ? [`${leftOut} examples have no trainable token within ${maxLength} tokens and were skipped.`]
      : []),
  ];
}
