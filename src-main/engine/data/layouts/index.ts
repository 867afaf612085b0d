import type { RawRow } from '../text/raw-row.ts';
import { annotationLayouts } from './annotations.ts';
import { choiceLayouts } from './choices.ts';
import { conversationLayouts } from './conversations.ts';
import { type FoundLayout, findInFile, type Layout } from './layout.ts';
import { pairLayouts } from './pairs.ts';
import { preferenceLayouts } from './preferences.ts';
import { promptLayouts } from './prompts.ts';

/** All known layouts; the first one that a file has assigns its columns. The guide lists them in this order. */
export const layouts: readonly Layout[] = [
  ...annotationLayouts,
  ...preferenceLayouts,
  ...conversationLayouts,
  ...choiceLayouts,
  ...pairLayouts,
  ...promptLayouts,
];

/** The known layout of a file, by its column names and first rows; null if it has none. */
export function findLayout(rows: readonly RawRow[], names: readonly string[]): FoundLayout | null {
  for (const layout of layouts) {
    const found = findInFile(layout, rows, names);
    if (found !== null) return found;
  }
  return null;
}
