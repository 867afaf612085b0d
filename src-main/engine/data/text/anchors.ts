import type { TextColumns } from '../../../../src-shared/domain/data/dataset.ts';
import { columnNamed, plain } from './known-columns.ts';
import { cellOf, isObject, type RawRow } from './raw-row.ts';
import { namesIn } from './several-labels.ts';
import { parseAsPython } from './written-number.ts';

type AnchorColumns = Pick<TextColumns, 'anchor' | 'positive' | 'negative'>;

const anchorNames = ['anchor', 'query'];
const positiveNames = ['positive', 'pos', 'positivepassage'];
/** Also with a number behind it. */
const negativeName = /^(?:hard)?neg(?:ative)?(?:passage)?s?\d*$/;

/** Columns of anchors and the texts that belong to them, as sentence-transformers names them; null for other files. */
export function anchorColumns(rows: readonly RawRow[], names: readonly string[]): AnchorColumns | null {
  const isText = (name: string) => rows.some(({ cells }) => typeof cellOf(cells, name) === 'string');
  const [anchor, positive] = [columnNamed(names, anchorNames, isText), columnNamed(names, positiveNames, isText)];
  if (anchor === undefined || positive === undefined) return null;
  const negatives = names.filter((name) => negativeName.test(plain(name)));
  return { anchor, positive, negative: negatives.join(', ') || null };
}

/** The role that lacks its column; null where none does, or where the rows have no anchors. */
export function missingAnchorRole({ anchor, positive, negative }: AnchorColumns): string | null {
  if (anchor === null && positive === null && negative === null) return null;
  return anchor === null ? 'anchor' : positive === null ? 'positive' : null;
}

/** Describes the anchor columns in one sentence; null for rows without anchors. */
export function anchorNote({ anchor, positive, negative, completion }: TextColumns): string | null {
  if (anchor === null || positive === null) return null;
  const wrong = negative === null ? '' : `, and ${negative} does not`;
  const also = completion === null ? '' : '; to a language model they are prompts and completions';
  return `Pairs for embeddings: ${positive} belongs to ${anchor}${wrong}${also}.`;
}

/** The wrong texts of a row: of one column or several, each with a text or a list of them. A string is the problem. */
export function readNegatives(cells: RawRow['cells'], column: string): string[] | string {
  const texts: string[] = [];
  for (const name of cellOf(cells, column) === undefined ? namesIn(column) : [column]) {
    const own = textsOf(cellOf(cells, name));
    if (own === null) return `${name} is no text and no list of texts: write it as "…", or as ["…", "…"]`;
    texts.push(...own);
  }
  return texts;
}

function textsOf(cell: unknown): string[] | null {
  if (cell === undefined || cell === null) return [];
  const cells: unknown = typeof cell === 'string' ? (listOf(cell) ?? [cell]) : cell;
  if (!Array.isArray(cells)) return null;
  const texts = cells.map(passageText);
  if (!texts.every((text) => text !== null)) return null;
  return texts.filter((text) => text.trim() !== '');
}

/** A text, or that of a passage with its title before it, as Tevatron reads them. */
function passageText(cell: unknown): string | null {
  if (typeof cell === 'string') return cell;
  if (!isObject(cell) || typeof cell['text'] !== 'string') return null;
  const { title, text } = cell;
  return typeof title === 'string' && title !== '' ? `${title} ${text}` : text;
}

/** The row for each of its positives, if these are a list: sentence-transformers has one positive in a row. */
export function rowsOfPositives(row: RawRow, positive: string | null): RawRow[] {
  const cell = positive === null || row.fault !== null ? undefined : cellOf(row.cells, positive);
  if (positive === null || !Array.isArray(cell)) return [row];
  const texts = textsOf(cell);
  if (texts === null || texts.length === 0)
    return [{ ...row, fault: `${positive} has no text that matches: add one, or leave the row out` }];
  return texts.map((text) => ({ ...row, cells: { ...row.cells, [positive]: text } }));
}

/** A list of texts that is written as one text, as CSV has it; null for any other text. */
function listOf(cell: string): string[] | null {
  if (!/^\s*\[\s*["']/.test(cell)) return null;
  try {
    const parsed: unknown = parseAsPython(cell);
    return Array.isArray(parsed) && parsed.every((text) => typeof text === 'string') ? parsed : null;
  } catch {
    return null;
  }
}
