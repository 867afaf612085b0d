import { mean } from '../../../src-shared/statistics/student.ts';
import { likelihoodLoss } from '../losses/batch-loss.ts';
import { type OutcomeType, taskScore } from './outcome-type.ts';
import { refuseEnsemble } from './tokens.ts';

/** Losses and rewards of preferred answers, which are the predictions as well; arrays have one entry an example. */
export interface PreferenceOutputs {
  readonly kind: 'preferences';
  readonly losses: Float64Array;
  /** Rewards; NaN where an example has no such answer. */
  readonly chosen: Float64Array;
  readonly rejected: Float64Array;
}

export const preferences: OutcomeType<PreferenceOutputs, PreferenceOutputs, typeof likelihoodLoss> = {
  kind: 'preferences',
  loss: likelihoodLoss,
  predict: (outputs) => outputs,
  ensemble: refuseEnsemble,
  perExample: ({ losses, chosen, rejected }) => ({
    losses: Float32Array.from(losses),
    correct: Uint8Array.from(losses, (_, at) => (isRight(chosen[at], rejected[at]) ? 1 : 0)),
    tokens: null,
  }),
  score({ losses, chosen, rejected }) {
    const given = (rewards: Float64Array) => [...rewards].filter((reward) => !Number.isNaN(reward));
    const right = Array.from(losses, (_, at) => isRight(chosen[at], rejected[at]));
    const outcome = { kind: 'preferences', chosen: given(chosen), rejected: given(rejected), right } as const;
    return taskScore(outcome, mean([...losses]));
  },
  // A language model writes its answers: the run samples them.
  sample: () => null,
  predictionLine({ chosen, rejected }, row) {
    const rewards = { chosen: chosen[row], rejected: rejected[row] };
    const scores = Object.fromEntries(
      Object.entries(rewards).flatMap(([name, reward = Number.NaN]) => (Number.isNaN(reward) ? [] : [[name, reward]])),
    );
    const truth = 'chosen' in scores ? 'chosen' : 'rejected';
    const other = truth === 'chosen' ? 'rejected' : 'chosen';
    return { truth, prediction: isRight(rewards.chosen, rewards.rejected) ? truth : other, scores };
  },
};

/**
 * Returns true if the chosen answer has more reward than the rejected one; NaN: missing, the other answer is compared
 * with 0.
 */
export function isRight(chosen = Number.NaN, rejected = Number.NaN): boolean {
  return (Number.isNaN(chosen) ? 0 : chosen) > (Number.isNaN(rejected) ? 0 : rejected);
}
