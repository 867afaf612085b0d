import type { Question } from '../prepared-task.ts';

/** Of each continuation of a question: its log-likelihood in nats, and whether each of its tokens was the most likely. */
export interface Likelihood {
  readonly sum: number;
  readonly isGreedy: boolean;
}

type ChoiceMetric = (question: Question, likelihoods: readonly Likelihood[]) => number;

/** Metrics of multiple choice, 0 or 1 a question. */
export const choiceMetrics: Readonly<Record<string, ChoiceMetric>> = {
  acc: (question, likelihoods) => isRight(question, likelihoods, () => 1),
  acc_norm: (question, likelihoods) => isRight(question, likelihoods, (choice) => [...choice].length),
  acc_bytes: (question, likelihoods) => isRight(question, likelihoods, (choice) => Buffer.byteLength(choice)),
  exact_match: ({ right }, likelihoods) => Number(right.some((index) => likelihoods[Number(index)]?.isGreedy === true)),
};

/** Whether the choice of the highest log-likelihood by its length is a right one; the first of equals. */
function isRight({ choices, right }: Question, likelihoods: readonly Likelihood[], length: (choice: string) => number) {
  let [best, highest] = [0, Number.NEGATIVE_INFINITY];
  for (const [index, choice] of choices.entries()) {
    const score = (likelihoods[index]?.sum ?? Number.NEGATIVE_INFINITY) / length(choice);
    if (score > highest) [best, highest] = [index, score];
  }
  return Number(right.includes(best));
}
