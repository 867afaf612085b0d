import type { ReadRow } from '../../../../src-shared/domain/data/dataset.ts';

/** A step at work on one dataset. */
export interface StepWork {
  /** Sees every row that the steps before leave, once, before any reading; absent where the step needs to know none. */
  survey?(row: ReadRow): void;
  /**
   * True if the first rows suffice to show the effect, so that a preview includes the step before all rows are read.
   */
  readonly fromFirstRows?: boolean;
  /** Begins a reading from the first row: the row as it goes on, or null where it is left out. */
  begin(): (row: ReadRow) => ReadRow | null;
}
