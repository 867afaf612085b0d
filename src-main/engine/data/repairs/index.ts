import type { Mapping } from '../text/columns.ts';
import { type ExampleContent, readExample } from '../text/example.ts';
import type { RawRow } from '../text/raw-row.ts';
import { answerPlaces } from './answer-places.ts';
import { choiceNames } from './choice-names.ts';
import { paddedTexts } from './padded-texts.ts';
import type { Repair } from './repair.ts';
import { speakerNames } from './speaker-names.ts';
import { tagSpelling } from './tag-spelling.ts';
import { writtenFlags } from './written-flags.ts';

/** Every repair of a faulty row, in the order in which they are tried. */
const repairs: readonly Repair[] = [paddedTexts, writtenFlags, speakerNames, choiceNames, answerPlaces, tagSpelling];

/** The example of a faulty row after its repairs, with what they changed; null where the row stays faulty. */
export function repairedExample(
  row: RawRow,
  mapping: Mapping,
): { readonly content: ExampleContent; readonly changes: readonly string[] } | null {
  if (row.fault !== null) return null;
  let { cells } = row;
  const changes: string[] = [];
  for (const repair of repairs) {
    const repaired = repair(cells, mapping);
    if (repaired === null) continue;
    cells = repaired.cells;
    changes.push(...repaired.changes);
  }
  if (changes.length === 0) return null;
  const content = readExample({ ...row, cells }, mapping);
  return typeof content === 'string' ? null : { content, changes };
}
