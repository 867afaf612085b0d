import { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import type { CellSettings } from './cell-settings.ts';

export const gridSchema = z
  .record(z.string(), z.array(z.json()).min(1))
  .refine((grid) => !Object.hasOwn(grid, 'seed'), 'The seed cannot be a field of the grid: give seeds.');
export type Grid = z.infer<typeof gridSchema>;

/** Every combination of the grid's values, the first field changing slowest; of an empty grid the run as it is. */
export function cellsOf<Value>(grid: Readonly<Record<string, readonly Value[]>>): Record<string, Value>[] {
  let cells: Record<string, Value>[] = [{}];
  for (const [name, values] of Object.entries(grid))
    cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value })));
  return cells;
}

/**
 * "learning_rate: 5e-4, 1e-3" by lines → the grid. Values are parsed as JSON if possible, else taken as text; "on"
 * and "off" enable a feature with its defaults and disable it. @throws StudioError invalid_input naming the line
 */
export function gridFromText(text: string): Grid {
  const grid: Grid = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [, name, values] = /^\s*([\w.]+)\s*:\s*(.+)$/.exec(line) ?? [];
    if (name === undefined || values === undefined)
      throw new StudioError(
        'invalid_input',
        `"${line.trim()}" is not a line of a grid.`,
        'Write field: value, value.',
      ).at('grid');
    // Commas inside brackets belong to one value.
    grid[name] = values.split(/,(?![^[{]*[\]}])/).map((value) => valueFromWord(value.trim()));
  }
  return grid;
}

function valueFromWord(word: string): CellSettings[string] {
  if (word === 'on') return {};
  if (word === 'off') return null;
  try {
    return z.json().parse(JSON.parse(word));
  } catch {
    return word;
  }
}
