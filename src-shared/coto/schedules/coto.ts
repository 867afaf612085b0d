import type { Schedule } from './schedule.ts';

/** CoTo: every group by itself, with the probability p of the curve. */
export const coto: Schedule = {
  declaration: {
    id: 'coto',
    label: 'CoTo',
    summary: 'Every group is on with probability p, independently.',
    paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  },
  unit: 'group',
  usesCurve: true,
  usesAllOff: true,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'independent', probabilities: new Array<number>(count).fill(p) }),
};
