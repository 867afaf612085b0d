import type { MetricDeclaration } from './metric.ts';

const ofAnswers = { quantity: 'share', better: 'higher', definedFor: ['answers'] } as const;

export const answerF1 = {
  ...ofAnswers,
  id: 'answer_f1',
  label: 'Answer F1',
  summary:
    'SQuAD’s F1: how many words an answer shares with the right one, the best of them, as a mean over questions.',
  isCurve: true,
} as const satisfies MetricDeclaration;

export const answerableF1 = {
  ...ofAnswers,
  id: 'answerable_f1',
  label: 'F1, answerable',
  summary: 'HasAns_f1 of SQuAD 2’s script: the F1 of questions that the text answers, where others are not.',
  isCurve: false,
} as const satisfies MetricDeclaration;

export const unanswerableAccuracy = {
  ...ofAnswers,
  id: 'unanswerable_accuracy',
  label: 'Accuracy, unanswerable',
  summary: 'NoAns_exact of SQuAD 2’s script: the share of questions without an answer that are given none.',
  isCurve: false,
} as const satisfies MetricDeclaration;
