import { ExactDuplicates } from '../text/exact-duplicates.ts';
import { contentKey } from '../text/example.ts';
import type { StepWork } from './step.ts';

/** Keeps the first of rows of a split whose text is the same, whatever their labels. */
export function dropDuplicates(): StepWork {
  return {
    begin() {
      const seen = new ExactDuplicates();
      return (row) => {
        if (row.kind !== 'example') return row;
        const { split } = row.example;
        const before = seen.within[split];
        seen.add(contentKey(row.example), split);
        return seen.within[split] > before ? null : row;
      };
    },
  };
}
