import type { Schedule } from './schedule.ts';

/** One gate for all adapters: a control of CoTo's dose, without its combinations of layers. */
export const sharedGate: Schedule = {
  declaration: {
    id: 'shared-gate',
    label: 'One gate for all (dose control)',
    summary:
      'All adapters are on together with probability p, else none is: the dose of CoTo without its combinations.',
  },
  unit: 'group',
  usesCurve: true,
  usesAllOff: false,
  ownSettings: [],
  distribution: (p, { count }) => ({ kind: 'together', probability: p, count }),
};
