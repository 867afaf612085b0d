import type { ReadRow } from '../../../../src-shared/domain/dataset.ts';

/** A step at work on one dataset. */
export interface StepWork {
  /** Sees every row that the steps before leave, once, before any reading; absent where the step needs to know none. */
  survey?(row: ReadRow): void;
  /** Whether the first rows alone show what it does: a preview has it then, though it has not seen all rows. */
  readonly fromFirstRows?: boolean;
  /** Begins a reading from the first row: the row as it goes on, or null where it is left out. */
  begin(): (row: ReadRow) => ReadRow | null;
}
