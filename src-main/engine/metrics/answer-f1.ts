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

export const answerF1 = defineMetric(
  {
    id: 'answer_f1',
    summary:
      'SQuAD’s F1: how many words an answer shares with the right one, the best of them, as a mean over questions.',
    needs: ['answers'],
  },
  (outcome) => meanOf(outcome, 'f1'),
);

export const answerableF1 = defineMetric(
  {
    id: 'answerable_f1',
    summary: 'HasAns_f1 of SQuAD 2’s script: the F1 of questions that the text answers, where others are not.',
    needs: ['answers'],
  },
  (outcome) => (isMixed(outcome) ? meanOf(outcome, 'f1', hasAnswer) : null),
);

export const unanswerableAccuracy = defineMetric(
  {
    id: 'unanswerable_accuracy',
    summary: 'NoAns_exact of SQuAD 2’s script: the share of questions without an answer that are given none.',
    needs: ['answers'],
  },
  (outcome) => (isMixed(outcome) ? meanOf(outcome, 'exact', (golds) => !hasAnswer(golds)) : null),
);
