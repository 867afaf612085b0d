import { nestedSizes } from '../distribution.ts';
import type { Schedule } from './schedule.ts';

/** Nested by depth: the highest groups are on. The paper names CoTo-L, not its formula; this form is ours. */
export const cotoL: Schedule = {
  declaration: {
    id: 'coto-l',
    label: 'CoTo-L (low layers off first)',
    summary:
      'Nested by depth: the highest groups are on, on average the share p of them; lower layers are off more often.',
    paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  },
  unit: 'group',
  usesCurve: true,
  usesAllOff: false,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'nested', from: 'last', sizes: nestedSizes(p, count) }),
};
