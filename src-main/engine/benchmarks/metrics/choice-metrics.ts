import type { Question } from '../prepared-task.ts';
import type { Item } from './aggregations.ts';

/**
 * For each continuation of a question: its log-likelihood in nats, and whether each of its tokens was the most likely.
 */
export interface Likelihood {
  readonly sum: number;
  readonly isGreedy: boolean;
}

type ChoiceMetric = (question: Question, likelihoods: readonly Likelihood[]) => Item;

/** The right choice with the one that was taken. */
const chosen: ChoiceMetric = (question, likelihoods) => [
  Number(question.right[0]),
  likeliest(question, likelihoods, () => 1),
];

/** Metrics of multiple choice: 0 or 1 a question, or the right choice with the one that was taken. */
export const choiceMetrics: Readonly<Record<string, ChoiceMetric>> = {
  acc: (question, likelihoods) => isRight(question, likelihoods, () => 1),
  acc_norm: (question, likelihoods) => isRight(question, likelihoods, (choice) => [...choice].length),
  acc_bytes: (question, likelihoods) => isRight(question, likelihoods, (choice) => Buffer.byteLength(choice)),
  f1: chosen,
  mcc: chosen,
  exact_match: ({ right }, likelihoods) => Number(right.some((index) => likelihoods[Number(index)]?.isGreedy === true)),
};

/** Returns 1 if the likeliest choice, normalized by length, is right, else 0. */
function isRight(question: Question, likelihoods: readonly Likelihood[], length: (choice: string) => number): number {
  return Number(question.right.includes(likeliest(question, likelihoods, length)));
}

/** The choice of the highest log-likelihood by its length; the first of equals. */
function likeliest(
  { choices }: Question,
  likelihoods: readonly Likelihood[],
  length: (choice: string) => number,
): number {
  let [best, highest] = [0, Number.NEGATIVE_INFINITY];
  for (const [index, choice] of choices.entries()) {
    const score = (likelihoods[index]?.sum ?? Number.NEGATIVE_INFINITY) / length(choice);
    if (score > highest) [best, highest] = [index, score];
  }
  return best;
}
