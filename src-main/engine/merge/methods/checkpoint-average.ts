import type { ModuleMergeMethod } from '../merge-method.ts';
import { averageOfParameter, soup } from './soup.ts';

/** The plain average of a run's checkpoints: a uniform soup along one trajectory. Izmailov et al. 2018. */
export const checkpointAverage: ModuleMergeMethod = {
  declaration: {
    id: 'checkpoint-average',
    label: 'Checkpoint average',
    summary: "Averages a run's checkpoints, all alike: a soup along one run.",
    paper: {
      title: 'Averaging Weights Leads to Wider Optima and Better Generalization',
      url: 'https://arxiv.org/abs/1803.05407',
    },
    parameters: [averageOfParameter],
  },
  ...soup((ends) => ends.map(() => 1)),
};
