import type { MetricDeclaration } from './metric.ts';

const reward = { quantity: 'score', definedFor: ['preferences'], symbol: 'reward' } as const;

export const rewardMargin = {
  ...reward,
  id: 'rewards_margins',
  label: 'Reward margin',
  summary: 'TRL’s rewards/margins: the mean reward of chosen answers less that of rejected ones.',
  better: 'higher',
  isCurve: true,
  training: { name: 'rewards_margins' },
} as const satisfies MetricDeclaration;

export const chosenReward = {
  ...reward,
  id: 'rewards_chosen',
  label: 'Reward of chosen answers',
  summary:
    'TRL’s rewards/chosen: the mean of β times the log-likelihood of chosen answers, less that under the base where the loss has a reference.',
  better: 'higher',
  isCurve: false,
  training: { name: 'rewards_chosen' },
} as const satisfies MetricDeclaration;

export const rejectedReward = {
  ...reward,
  id: 'rewards_rejected',
  label: 'Reward of rejected answers',
  summary: 'TRL’s rewards/rejected: the same of rejected answers.',
  better: 'lower',
  isCurve: false,
  training: { name: 'rewards_rejected' },
} as const satisfies MetricDeclaration;
