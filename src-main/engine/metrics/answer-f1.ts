import * as declared from '../../../src-shared/metrics/answers.ts';
import { defineMetric, type OutcomeOf } from './metric.ts';
import { type AnswerScore, answerScore } from './squad.ts';

/** The mean over the questions that `isCounted` counts; none where it counts none. */
function meanOf(
  { labels, predictions }: OutcomeOf<'answers'>,
  part: keyof AnswerScore,
  isCounted: (golds: readonly string[]) => boolean = () => true,
): number | null {
  let [sum, count] = [0, 0];
  for (const [question, golds] of labels.entries()) {
    if (!isCounted(golds)) continue;
    sum += answerScore(golds, predictions[question] ?? '')[part];
    count++;
  }
  return count === 0 ? null : sum / count;
}

const hasAnswer = (golds: readonly string[]) => golds.length > 0;

/** Returns true if only some questions have answers, like in SQuAD 2. */
function isMixed({ labels }: OutcomeOf<'answers'>): boolean {
  return labels.some(hasAnswer) && !labels.every(hasAnswer);
}

export const answerExact = (outcome: OutcomeOf<'answers'>): number | null => meanOf(outcome, 'exact');

export const answerF1 = defineMetric(declared.answerF1, (outcome) => meanOf(outcome, 'f1'));

export const answerableF1 = defineMetric(declared.answerableF1, (outcome) =>
  isMixed(outcome) ? meanOf(outcome, 'f1', hasAnswer) : null,
);

export const unanswerableAccuracy = defineMetric(declared.unanswerableAccuracy, (outcome) =>
  isMixed(outcome) ? meanOf(outcome, 'exact', (golds) => !hasAnswer(golds)) : null,
);
