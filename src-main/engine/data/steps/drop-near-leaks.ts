import { similarityKey } from '../text/example.ts';
import { NearTexts } from '../text/near-duplicates.ts';
import type { StepWork } from './step.ts';

/** Leaves out training rows whose text is in the test split too, exactly or nearly: the test split is unchanged. */
export function dropNearLeaks(): StepWork {
  const tests = new NearTexts();
  return {
    survey(row) {
      if (row.kind === 'example' && row.example.split === 'test') tests.add(similarityKey(row.example));
    },
    begin: () => (row) =>
      row.kind === 'example' && row.example.split === 'train' && tests.has(similarityKey(row.example)) ? null : row,
  };
}
