import { highestOf } from './highest.ts';
import type { Router } from './router.ts';
import { oneHot } from './weights.ts';

/** The one adapter with the best mean score on training rows of all tasks, for every input. */
export const bestSingle: Router = {
  declaration: {
    id: 'best-single',
    label: 'Best single adapter',
    summary: 'Baseline: gives every input to the adapter with the best mean score on training rows of all adapters.',
    parameters: [],
  },
  needs: { rows: true },
  async open({ adapters: { length }, scores }) {
    const best = highestOf(await scores());
    return {
      kind: 'rows',
      combines: 'outputs',
      weights: ({ rows }) => oneHot(new Int32Array(rows).fill(best), length),
    };
  },
};
