import { type DataStep, isRowStep } from '../../../../src-shared/domain/data/data-steps.ts';
import { plural } from '../../../../src-shared/format/numbers.ts';
import type { RawRow } from '../text/raw-row.ts';

/** Message of a row that a person left out. */
export const droppedByHand = 'is left out by the step drop-row';

/** Steps of single rows, applied to the cells of a file before anything is read from them. */
export class RowSteps {
  private readonly edits = new Map<string, Map<string, unknown>>();
  private readonly dropped = new Set<string>();
  /** Rows that a step names and no reading has met yet. */
  private readonly unmet: Set<string>;

  constructor(steps: readonly DataStep[]) {
    for (const step of steps.filter(isRowStep)) {
      if (step.step === 'drop-row') {
        this.dropped.add(step.row);
        continue;
      }
      const cells = this.edits.get(step.row) ?? new Map<string, unknown>();
      cells.set(step.column, step.value);
      this.edits.set(step.row, cells);
    }
    this.unmet = new Set([...this.edits.keys(), ...this.dropped]);
  }

  /** Returns true if a step leaves out the row at this place. */
  drops(where: string): boolean {
    const isDropped = this.dropped.has(where);
    if (isDropped) this.unmet.delete(where);
    return isDropped;
  }

  /** The row with its edited cells, and their columns. A row that cannot be read has no cells to edit. */
  edit(where: string, row: RawRow): { readonly row: RawRow; readonly columns: readonly string[] } {
    const edits = this.edits.get(where);
    if (edits === undefined) return { row, columns: [] };
    this.unmet.delete(where);
    if (row.fault !== null) return { row, columns: [] };
    const columns = [...edits.keys()];
    return { row: { ...row, cells: { ...row.cells, ...Object.fromEntries(edits) } }, columns };
  }

  /** Problems of steps after a reading of all rows: the rows that they name and the file lacks. */
  problems(): { readonly where: string; readonly message: string }[] {
    const message = 'is named by a step, but the file has no such row: remove the step';
    return [...this.unmet].map((where) => ({ where, message }));
  }

  /** Describes the effect, in sentences. */
  notes(): string[] {
    const edited = [...this.edits.keys()].filter((where) => !this.unmet.has(where) && !this.dropped.has(where)).length;
    const dropped = [...this.dropped].filter((where) => !this.unmet.has(where)).length;
    return [
      ...(edited === 0 ? [] : [`The step edit changed ${plural(edited, 'row')}.`]),
      ...(dropped === 0 ? [] : [`The step drop-row left out ${plural(dropped, 'row')}.`]),
    ];
  }
}
