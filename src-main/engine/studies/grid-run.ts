import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { type CellSettings, cellLabel } from '../../../src-shared/studies/cell-settings.ts';
import { cellsOf, type Grid } from '../../../src-shared/studies/grid-cells.ts';
import { runWithSettings } from './run-settings.ts';

interface GridOfRuns {
  readonly run: RunConfig;
  readonly grid: Grid;
}

/** @throws StudioError invalid_input if the reference is not a cell of the grid */
export function referenceOf({
  grid,
  reference,
}: {
  readonly grid: Grid;
  readonly reference: CellSettings | null;
}): number {
  if (reference === null) return 0;
  const at = cellsOf(grid).findIndex((cell) =>
    Object.entries(cell).every(([name, value]) => JSON.stringify(reference[name]) === JSON.stringify(value)),
  );
  if (at >= 0) return at;
  throw new StudioError(
    'invalid_input',
    `reference: ${JSON.stringify(reference)} is not a cell of the grid.`,
    'Give a value of the grid for each of its fields, or omit it to use the first cell.',
  );
}

/** The run of one cell on a seed. @throws StudioError invalid_input naming the field */
export function cellRun({ run, grid }: GridOfRuns, cell: CellSettings, seed: number): RunConfig {
  return runWithSettings(run, { ...cell, seed }, { where: 'grid', label: cellLabel(cell), given: Object.keys(grid) });
}
