import { cellOf } from '../text/raw-row.ts';
import { type Repair, shown, withCell } from './repair.ts';

const textRoles = ['text', 'text_pair', 'label', 'prompt', 'input', 'completion', 'question', 'context'] as const;

/** A text in a list by itself, and zero bytes that fill a text up to a fixed length, as databases keep them. */
export const paddedTexts: Repair = (cells, { columns }) => {
  let next = cells;
  const changes: string[] = [];
  for (const role of textRoles) {
    const column = columns[role];
    const cell = column === null ? null : cellOf(cells, column);
    // A list of labels is one of several labels.
    const alone = role !== 'label' && Array.isArray(cell) && cell.length === 1 ? cell[0] : cell;
    if (column === null || typeof alone !== 'string') continue;
    const text = alone.replace(/\0+$/, '');
    if (text === cell || text === '') continue;
    next = withCell(next, column, text);
    changes.push(`${column}: ${shown(cell)} is read as ${shown(text)}`);
  }
  return changes.length === 0 ? null : { cells: next, changes };
};
