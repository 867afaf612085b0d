import { wantedOf } from '../text/preferences.ts';
import { cellOf } from '../text/raw-row.ts';
import { type Repair, shown, withCell } from './repair.ts';

const words: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['y', true],
  ['t', true],
  ['1.0', true],
  ['no', false],
  ['n', false],
  ['f', false],
  ['0.0', false],
]);

/** Normalizes flags for wanted answers that are not written as true and false. */
export const writtenFlags: Repair = (cells, { columns: { desirable } }) => {
  if (desirable === null) return null;
  const cell = cellOf(cells, desirable);
  if (typeof wantedOf(cell, desirable) === 'boolean') return null;
  const flag = words.get(
    String(cell ?? '')
      .trim()
      .toLowerCase(),
  );
  if (flag === undefined) return null;
  return { cells: withCell(cells, desirable, flag), changes: [`${desirable}: ${shown(cell)} is read as ${flag}`] };
};
