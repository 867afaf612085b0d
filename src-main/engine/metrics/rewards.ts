import { defineMetric } from './metric.ts';

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

export const rewardMargin = defineMetric(
  {
    id: 'rewards_margins',
    summary: 'TRL’s rewards/margins: the mean reward of chosen answers less that of rejected ones.',
    needs: ['preferences'],
  },
  ({ chosen, rejected }) => {
    const [better, worse] = [mean(chosen), mean(rejected)];
    return better === null || worse === null ? null : better - worse;
  },
);

export const chosenReward = defineMetric(
  {
    id: 'rewards_chosen',
    summary:
      'TRL’s rewards/chosen: the mean of β times the log-likelihood of chosen answers, less that under the base where the loss has a reference.',
    needs: ['preferences'],
  },
  ({ chosen }) => mean(chosen),
);

export const rejectedReward = defineMetric(
  {
    id: 'rewards_rejected',
    summary: 'TRL’s rewards/rejected: the same of rejected answers.',
    needs: ['preferences'],
  },
  ({ rejected }) => mean(rejected),
);
