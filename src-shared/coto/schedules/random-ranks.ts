import type { Schedule } from './schedule.ts';

/** A random mask over the ranks of B·A in each step, the same in every adapter. Ours, after DropLoRA. */
export const randomRanks: Schedule = {
  declaration: {
    id: 'random-ranks',
    label: 'Random ranks',
    summary: 'Every rank of the adapters is on with probability p, independently; the same ranks in every adapter.',
  },
  formerId: 'droplora',
  unit: 'rank',
  usesCurve: true,
  usesAllOff: true,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'independent', probabilities: new Array<number>(count).fill(p) }),
};
