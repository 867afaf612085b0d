import { answerPairs, readAnswers } from '../text/answers.ts';
import { cellOf } from '../text/raw-row.ts';
import { type Repair, shown, withCell } from './repair.ts';

/** An answer whose text is once in the context begins there, whatever place the file says or leaves out. */
export const answerPlaces: Repair = (cells, { columns }) => {
  const { answers: column, context: contextColumn } = columns;
  const context = contextColumn === null ? undefined : cellOf(cells, contextColumn);
  if (column === null || typeof context !== 'string') return null;
  const cell = cellOf(cells, column);
  if (typeof readAnswers(cell, column, context) !== 'string') return null;
  const pairs = answerPairs(cell);
  if (pairs === null) return null;
  const changes: string[] = [];
  const places: { text: string; answer_start: unknown }[] = [];
  for (const [given, start] of pairs) {
    if (typeof given !== 'string') return null;
    if (isAt(context, given, start)) {
      places.push({ text: given, answer_start: start });
      continue;
    }
    const text = given.trim();
    const unit = text === '' ? -1 : context.indexOf(text);
    if (unit < 0 || context.indexOf(text, unit + 1) >= 0) return null;
    // SQuAD counts the characters of Unicode.
    const place = [...context.slice(0, unit)].length;
    places.push({ text, answer_start: place });
    changes.push(`${column}: ${shown(text)} begins at character ${place}, not ${shown(start ?? null)}`);
  }
  return changes.length === 0 ? null : { cells: withCell(cells, column, places), changes };
};

function isAt(context: string, text: string, start: unknown): boolean {
  return typeof readAnswers([{ text, answer_start: start }], '', context) !== 'string';
}
