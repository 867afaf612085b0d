import type { FieldWords } from '../config/field-words.ts';
import { cellLabel } from './cell-settings.ts';
import type { GridResult } from './grid-schemas.ts';

/**
 * A result with its cells called by these words, whatever version made it; a cell without settings keeps its label.
 * @param words null: as the result has them
 */
export function labelled<Result extends GridResult>(result: Result, words: FieldWords | null): Result {
  if (words === null) return result;
  const labels = result.cells.map(({ settings, label }) =>
    Object.keys(settings).length === 0 ? label : cellLabel(settings, words),
  );
  const withLabels = <Cell extends { readonly label: string }>(cells: readonly Cell[]) =>
    cells.map((cell, at) => ({ ...cell, label: labels[at] ?? cell.label }));
  const { tuning } = result;
  return {
    ...result,
    cells: withLabels(result.cells),
    tuning: tuning === null ? null : { ...tuning, cells: withLabels(tuning.cells) },
  };
}
