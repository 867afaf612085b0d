import { ExactDuplicates } from '../text/exact-duplicates.ts';
import { contentKey } from '../text/example.ts';
import type { StepWork } from './step.ts';

/** Leaves out training rows whose text is in the test split too: the test stays what it is. */
export function dropLeaks(): StepWork {
  const tests = new ExactDuplicates();
  return {
    survey(row) {
      if (row.kind === 'example' && row.example.split === 'test') tests.add(contentKey(row.example), 'test');
    },
    begin: () => (row) =>
      row.kind === 'example' && row.example.split === 'train' && tests.has(contentKey(row.example)) ? null : row,
  };
}
