import { type MetricDeclaration, outcomeKinds } from './metric.ts';

export const loss = {
  id: 'loss',
  label: 'Loss',
  summary:
    'The loss of the task as in training: the mean cross-entropy in nats over examples, tokens or words; of numbers the mean squared error.',
  quantity: 'loss',
  better: 'lower',
  definedFor: outcomeKinds,
  isCurve: true,
  training: { name: 'loss', title: 'Training loss' },
  isExampleMean: true,
} as const satisfies MetricDeclaration;
