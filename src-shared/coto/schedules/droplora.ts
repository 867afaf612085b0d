import type { Schedule } from './schedule.ts';

/** A random mask over the ranks of B·A in each step, the same in every adapter. */
export const droplora: Schedule = {
  declaration: {
    id: 'droplora',
    label: 'DropLoRA (random ranks)',
    summary: 'Every rank of the adapters is on with probability p, independently; the same ranks in every adapter.',
    paper: {
      title: 'DropLoRA: Sparse Low-Rank Adaptation for Parameter-Efficient Fine-Tuning',
      url: 'https://arxiv.org/abs/2508.17337',
    },
  },
  unit: 'rank',
  usesCurve: true,
  usesAllOff: true,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'independent', probabilities: new Array<number>(count).fill(p) }),
};
