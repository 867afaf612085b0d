import type { Schedule } from './schedule.ts';

/**
 * Layer l of L (from 1 at the input) is on with probability 1 − l/L · (1 − p), as in Huang et al. 2016, section 3; unlike
 * there, nothing is rescaled.
 */
export const stochasticDepth: Schedule = {
  declaration: {
    id: 'stochastic-depth',
    label: 'Stochastic depth (falling with depth)',
    summary: 'The probability of being on falls linearly with depth, from 1 below the first layer to p at the last.',
    paper: { title: 'Deep Networks with Stochastic Depth', url: 'https://arxiv.org/abs/1603.09382' },
  },
  unit: 'group',
  usesCurve: true,
  usesAllOff: true,
  ownSettings: [],
  distribution: (p, { depth, layerCount }) => ({
    kind: 'independent',
    probabilities: depth.map((layer) => 1 - ((layer + 1) / layerCount) * (1 - p)),
  }),
};
