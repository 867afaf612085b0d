import type { MetricDeclaration } from './metric.ts';

/** Equal bins of the confidence, as Guo et al. 2017 draw and count them. */
export const reliabilityBins = 15;

export const calibrationError = {
  id: 'ece',
  label: 'Calibration error',
  summary: `Expected calibration error (Guo et al. 2017, arXiv 1706.04599): the mean distance between confidence and accuracy over ${reliabilityBins} equal bins of the probability of the predicted class, weighted by the examples in each. Choices of an answer have the softmax of their log-likelihoods.`,
  quantity: 'share',
  better: 'lower',
  definedFor: ['classes'],
  isCurve: false,
  isLackedByEarlier: true,
  symbol: 'ECE',
} as const satisfies MetricDeclaration;

export const brierScore = {
  id: 'brier',
  label: 'Brier score',
  summary:
    'sklearn.metrics.brier_score_loss: the squared distance between the probabilities of all classes and the true class, as a mean over examples; of two classes half of it.',
  quantity: 'score',
  better: 'lower',
  range: [0, 2],
  definedFor: ['classes'],
  isCurve: false,
  isLackedByEarlier: true,
  symbol: 'Brier',
} as const satisfies MetricDeclaration;
