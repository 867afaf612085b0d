import type { Schedule } from './schedule.ts';

/** Dropout on the adapters' inputs with probability 1 − p, in place of the variant's own. Ours, after the paper's control. */
export const progressiveDropout: Schedule = {
  declaration: {
    id: 'progressive-dropout',
    label: 'Progressive dropout',
    summary: 'All adapters are on; the dropout on their inputs is 1 − p, and thus falls as p rises.',
  },
  unit: 'input',
  usesCurve: true,
  usesAllOff: false,
  ownSettings: [],
  distribution: () => null,
};
