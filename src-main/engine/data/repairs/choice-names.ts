import { chosenIndex, readChoices } from '../text/choices.ts';
import { cellOf } from '../text/raw-row.ts';
import { withoutSpelling } from '../text/spelling.ts';
import { type Repair, shown, withCell } from './repair.ts';

/** A label that names one choice but for case, white space, or what is around its letter or number: "(B)", "b.", " Paris". */
export const choiceNames: Repair = (cells, { columns }) => {
  const { choices: column, label } = columns;
  const choices = column === null ? null : readChoices(cellOf(cells, column));
  const cell = label === null ? undefined : cellOf(cells, label);
  if (choices === null || label === null || typeof cell !== 'string') return null;
  if (chosenIndex(choices, cell.trim()) >= 0) return null;
  const alike = choices.texts.filter((text) => withoutSpelling(text) === withoutSpelling(cell));
  const [, bare = ''] = /^\(?\s*([A-Za-z]|\d{1,3})\s*[).:]?$/.exec(cell.trim()) ?? [];
  const place = bare === '' ? -1 : chosenIndex(choices, bare);
  const meant = alike.length === 1 ? alike[0] : alike.length === 0 ? choices.texts[place] : undefined;
  if (meant === undefined) return null;
  return { cells: withCell(cells, label, meant), changes: [`${label}: ${shown(cell)} is read as ${shown(meant)}`] };
};
