import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import { type CellSettings, cellLabel } from '../../../../src-shared/studies/grid/cell-settings.ts';
import { cellsOf, type Grid } from '../../../../src-shared/studies/grid/grid-cells.ts';
import { runWithSettings } from '../config/run-settings.ts';
import { settingWords } from '../config/setting-words.ts';

interface GridOfRuns {
  readonly run: RunConfig;
  readonly grid: Grid;
  readonly matched_steps?: readonly (number | null)[] | undefined;
}

/**
 * Position of each cell's reference: the cell of the reference's values that has its other values, so that a reference that
 * names one field compares cells that differ in this field alone; without a reference the first cell.
 * @throws StudioError invalid_input if the reference names a field or value that the grid does not have
 */
export function referencesOf({
  grid,
  reference,
}: {
  readonly grid: Grid;
  readonly reference: CellSettings | null;
}): number[] {
  const cells = cellsOf(grid);
  if (reference === null) return cells.map(() => 0);
  const written = cells.map((cell) => settingsText(cell));
  return cells.map((cell) => {
    const at = written.indexOf(settingsText({ ...cell, ...reference }));
    if (at >= 0) return at;
    throw new StudioError(
      'invalid_input',
      `reference: ${JSON.stringify(reference)} is not in the grid.`,
      'Give fields of the grid, each with one of its values, or omit it to use the first cell.',
    ).at('reference');
  });
}

function settingsText(settings: CellSettings): string {
  return JSON.stringify(Object.entries(settings).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The run of one cell on a seed. @throws StudioError invalid_input naming the field */
export function cellRun({ run, grid, matched_steps = [] }: GridOfRuns, cell: CellSettings, seed: number): RunConfig {
  const made = runWithSettings(
    run,
    { ...cell, seed },
    { where: 'grid', label: cellLabel(cell, settingWords), given: Object.keys(grid) },
  );
  if (matched_steps.length === 0) return made;
  const written = settingsText(cell);
  const steps = matched_steps[cellsOf(grid).findIndex((one) => settingsText(one) === written)] ?? null;
  return steps === null ? made : { ...made, max_steps: steps };
}
