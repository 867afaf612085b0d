import type { PreferenceSettings } from '../../../../src-shared/tasks/preference.ts';
import { isRight } from '../../outcomes/preferences.ts';
import { type LabelledAnswer, type Pair, rowsOf } from './examples.ts';
import type { PreferenceLoss } from './losses/preference-loss.ts';
import type { ReferencePair } from './reference.ts';
import { scoreOf } from './scores.ts';

/** Rewards of an example: of a pair's answers, or of the answer that there is. */
export interface Rewards {
  readonly chosen?: number;
  readonly rejected?: number;
}

/**
 * Rewards of an example by its log-likelihoods in nats under the model and under the base. For a labeled answer, the
 * likelihood for another prompt is not needed.
 * @param reference absent for a loss without one
 */
export function rewardsOf(
  loss: Pick<PreferenceLoss, 'score'>,
  { beta }: Pick<PreferenceSettings, 'beta'>,
  example: Pair | LabelledAnswer,
  sums: ReferencePair,
  reference: ReferencePair = [0, 0],
): Rewards {
  const [first, second] = rowsOf(example);
  const reward = beta * scoreOf(loss, sums[0], first, reference[0]);
  if ('chosen' in example) return { chosen: reward, rejected: beta * scoreOf(loss, sums[1], second, reference[1]) };
  return example.wanted ? { chosen: reward } : { rejected: reward };
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
