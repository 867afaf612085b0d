import { nestedSizes } from '../distribution.ts';
import type { Schedule } from './schedule.ts';

/** Nested by rank: the last b ranks are on, the mean of b / r following the curve. Ours. */
export const nestedLowToHigh: Schedule = {
  declaration: {
    id: 'nested-low-to-high',
    label: 'Nested ranks, low off first',
    summary: 'The last b ranks are on, on average the share p of them; low ranks are off more often.',
  },
  unit: 'rank',
  usesCurve: true,
  usesAllOff: false,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'nested', from: 'last', sizes: nestedSizes(p, count) }),
};
