import { nestedSizes } from '../distribution.ts';
import type { Schedule } from './schedule.ts';

/** Nested by rank: ranks 1 … b are on, the mean of b / r following the curve. Ours. */
export const nestedHighToLow: Schedule = {
  declaration: {
    id: 'nested-high-to-low',
    label: 'Nested ranks, high off first',
    summary: 'Ranks 1 to b are on, on average the share p of them; high ranks are off more often.',
  },
  unit: 'rank',
  usesCurve: true,
  usesAllOff: false,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'nested', from: 'first', sizes: nestedSizes(p, count) }),
};
