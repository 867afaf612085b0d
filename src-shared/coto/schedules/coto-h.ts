import { nestedSizes } from '../distribution.ts';
import type { Schedule } from './schedule.ts';

/** Nested by depth: the lowest groups are on. The paper names CoTo-H, not its formula; this form is ours. */
export const cotoH: Schedule = {
  declaration: {
    id: 'coto-h',
    label: 'CoTo-H (high layers off first)',
    summary:
      'Nested by depth: the lowest groups are on, on average the share p of them; higher layers are off more often.',
    paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  },
  unit: 'group',
  usesCurve: true,
  usesAllOff: false,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'nested', from: 'first', sizes: nestedSizes(p, count) }),
};
