import { nestedSizes } from '../distribution.ts';
import type { Schedule } from './schedule.ts';

const paper = {
  title: 'Learning Ordered Representations with Nested Dropout',
  url: 'https://arxiv.org/abs/1402.0915',
};

/** Ranks 1 … b are on, b uniform in 1 … r. */
export const nestedUniform: Schedule = {
  declaration: {
    id: 'nested-uniform',
    label: 'Nested ranks, uniform',
    summary: 'Ranks 1 to b are on, b drawn uniformly from 1 to r in each step; p is not used.',
    paper,
  },
  unit: 'rank',
  usesCurve: false,
  usesAllOff: false,
  ownSettings: [],
  distribution: (_p, { count }) => ({ kind: 'nested', from: 'first', sizes: nestedSizes(0.5, count) }),
};
