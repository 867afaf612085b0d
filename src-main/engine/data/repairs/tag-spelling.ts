import { cellOf } from '../text/raw-row.ts';
import { type Repair, shown, withCell } from './repair.ts';

/**
 * Tags of IOB2 with a small letter, white space or an underscore for the hyphen ("b_PER", "o"), and an entity that begins
 * with I-: it begins with B- then, as CoNLL's own script takes it.
 */
export const tagSpelling: Repair = (cells, { columns: { tags: column }, tagFormat }) => {
  const tags = column === null ? null : cellOf(cells, column);
  if (column === null || tagFormat === null || !Array.isArray(tags)) return null;
  const changes = new Set<string>();
  let before = 'O';
  const mended = tags.map((tag: unknown) => {
    if (typeof tag !== 'string') return tag;
    const [, mark, type] = /^\s*([A-Za-z])(?:\s*[-_]\s*(\S.*?))?\s*$/.exec(tag) ?? [];
    if (mark === undefined) return tag;
    let name = type === undefined ? mark.toUpperCase() : `${mark.toUpperCase()}-${type}`;
    const continues = before !== 'O' && before.slice(2) === type;
    if (tagFormat.scheme === 'iob2' && name.startsWith('I-') && !continues) name = `B-${type}`;
    if (name !== tag) changes.add(`${column}: ${shown(tag)} is read as ${name}`);
    before = name;
    return name;
  });
  return changes.size === 0 ? null : { cells: withCell(cells, column, mended), changes: [...changes] };
};
