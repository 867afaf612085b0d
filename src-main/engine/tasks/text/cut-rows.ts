import type { EncodedText } from './prompt-writer.ts';
import type { TokenRows } from './token-rows.ts';

/** Cuts the end off; false where nothing that counts is left. */
export function addCut(rows: TokenRows, { ids, marks }: EncodedText, maxLength: number): boolean {
  const kept = marks.slice(0, maxLength);
  if (!kept.includes(1, 1)) return false;
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
    ...(cut > 0 ? [`${cut} examples are longer than ${maxLength} tokens: cut off there.`] : []),
    ...(leftOut > 0 ? [`${leftOut} examples have nothing to learn within ${maxLength} tokens: left out.`] : []),
  ];
}
