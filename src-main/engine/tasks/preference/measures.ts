import { isRight } from '../../evaluation/task-predictions.ts';

/** Rewards of an example: of a pair's answers, or of the answer that there is. */
export interface Rewards {
  readonly chosen?: number;
  readonly rejected?: number;
}

type Sum = { readonly sum: number; readonly count: number };

/** Sums over examples with their counts, under TRL's names; the margin is between the means of the two kinds of answers. */
export function measuresOf(examples: readonly Rewards[]): Record<string, Sum> {
  const over = (values: readonly number[]): Sum => ({
    sum: values.reduce((sum, value) => sum + value, 0),
    count: values.length,
  });
  const chosen = over(examples.flatMap((example) => example.chosen ?? []));
  const rejected = over(examples.flatMap((example) => example.rejected ?? []));
  const margin = chosen.sum / chosen.count - rejected.sum / rejected.count;
  const hasBoth = chosen.count > 0 && rejected.count > 0;
  const all: Readonly<Record<string, Sum>> = {
    rewards_chosen: chosen,
    rewards_rejected: rejected,
    rewards_margins: hasBoth ? { sum: examples.length * margin, count: examples.length } : over([]),
    rewards_accuracies: over(examples.map((example) => (isRight(example.chosen, example.rejected) ? 1 : 0))),
  };
  return Object.fromEntries(Object.entries(all).filter(([, { count }]) => count > 0));
}
