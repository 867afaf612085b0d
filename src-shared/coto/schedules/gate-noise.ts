import type { Schedule } from './schedule.ts';

/** Gaussian gates with the mean and the variance of rescaled CoTo's: a control that switches nothing off. */
export const gateNoise: Schedule = {
  declaration: {
    id: 'gate-noise',
    label: 'Gaussian gates (noise control)',
    summary:
      'Every group is on, its update times 1 + noise: normal, with the variance of CoTo’s gates under coto.rescale inverse_survival.',
    paper: {
      title: 'Dropout: A Simple Way to Prevent Neural Networks from Overfitting (section 10, Gaussian noise)',
      url: 'https://jmlr.org/papers/v15/srivastava14a.html',
    },
  },
  unit: 'group',
  usesCurve: true,
  usesAllOff: true,
  isNoise: true,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'noise', probabilities: new Array<number>(count).fill(p) }),
};
