import type { StepWork } from './step.ts';

/** Leaves out rows that cannot be read or mapped. */
export function dropFaulty(): StepWork {
  return { begin: () => (row) => (row.kind === 'fault' ? null : row) };
}
