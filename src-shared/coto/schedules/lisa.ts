import type { Schedule } from './schedule.ts';

/** LISA (Pan et al. 2024) on adapters: k random groups are updated for some steps; the others stay on, but frozen. */
export const lisa: Schedule = {
  declaration: {
    id: 'lisa',
    label: 'LISA (k layers updated)',
    summary: 'In each interval, the adapters of k random groups are updated; the others stay on, but frozen.',
    paper: {
      title: 'LISA: Layerwise Importance Sampling for Memory-Efficient Large Language Model Fine-Tuning',
      url: 'https://arxiv.org/abs/2403.17919',
    },
  },
  unit: 'update',
  usesCurve: false,
  usesAllOff: false,
  ownSettings: ['lisa_activated_layers', 'lisa_interval_steps'],
  interval: ({ lisa_interval_steps }) => lisa_interval_steps,
  distribution: (_p, { count }, { lisa_activated_layers: size }) => ({ kind: 'subset', size, count }),
};
