import type { ExampleOutcomes } from '../../../src-shared/results/outcomes.ts';
import { highestOf } from './highest.ts';
import type { Router } from './router.ts';

/** The adapter that answers each example best, known from the right answers: the bound of every choice of one adapter. */
export const oracle: Router = {
  declaration: {
    id: 'oracle',
    label: 'Oracle',
    summary: 'Upper bound: gives each example to the adapter that answers it best, by the right answer.',
    parameters: [],
  },
  needs: {},
  open: () => ({ kind: 'hindsight', choose }),
};

/** A right answer counts before a wrong one, then the lower loss. */
function choose(alone: readonly ExampleOutcomes[]): Int32Array {
  const count = alone[0]?.losses.length ?? 0;
  return Int32Array.from({ length: count }, (_, example) => {
    const isRight = alone.map(({ correct }) => correct?.[example] === 1);
    const anyRight = isRight.includes(true);
    const scores = alone.map(({ losses }, adapter) =>
      anyRight && !isRight[adapter] ? Number.NEGATIVE_INFINITY : -(losses[example] ?? Number.POSITIVE_INFINITY),
    );
    return highestOf(scores);
  });
}
