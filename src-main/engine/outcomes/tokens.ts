import { StudioError } from '../../../src-shared/contract/errors.ts';
import { tokenLoss } from '../losses/batch-loss.ts';
import { type OutcomeType, taskScore } from './outcome-type.ts';

/** Outputs of a language model, which are its predictions as well; arrays have one entry an example. */
export interface TokenOutputs {
  readonly kind: 'tokens';
  /** Nats summed over the example's tokens in the loss. */
  readonly lossSums: Float64Array;
  /** Number of these tokens, at least one. */
  readonly tokens: Uint32Array;
  /** Number of these tokens with the highest logit. */
  readonly right: Uint32Array;
  /** Number of these tokens that only end an answer or a text, which the perplexity leaves out, and their summed nats. */
  readonly ends: Uint32Array;
  readonly endLossSums: Float64Array;
  /** True if the examples have completions, which greedy decoding reproduces if all tokens are right. */
  readonly completions: boolean;
}

export const tokens: OutcomeType<TokenOutputs, TokenOutputs, typeof tokenLoss> = {
  kind: 'tokens',
  loss: tokenLoss,
  predict: (outputs) => outputs,
  ensemble: refuseEnsemble,
  perExample: ({ lossSums, tokens, right }) => ({
    losses: Float32Array.from(lossSums, (sum, at) => sum / (tokens[at] ?? 1)),
    correct: null,
    tokens: { counted: tokens, right },
  }),
  score({ lossSums, tokens, right, ends, endLossSums, completions }) {
    const [lossSum, count] = [sum(lossSums), sum(tokens)];
    const counted = { lossSum: lossSum - sum(endLossSums), tokens: count - sum(ends) };
    const exact = right.reduce((found, own, at) => found + (own === tokens[at] ? 1 : 0), 0);
    const answers = completions ? { completions: exact, of: right.length } : null;
    const outcome = { ...counted, right: { tokens: sum(right), of: count }, exact: answers };
    const { metrics, ...score } = taskScore({ kind: 'tokens', ...outcome }, lossSum / count);
    // Results of language models have the accuracy beside the metrics alone.
    const { accuracy: _, ...further } = metrics;
    return { ...score, metrics: further };
  },
  // A language model writes its answers: the run samples them.
  sample: () => null,
  predictionLine({ lossSums, tokens, right }, row, { reference }) {
    const scores = { log_likelihood: -(lossSums[row] ?? 0), tokens: tokens[row] ?? 0, right: right[row] ?? 0 };
    return { truth: reference, prediction: null, scores };
  },
};

/** @throws StudioError refused */
export function refuseEnsemble(): never {
  throw new StudioError(
    'refused',
    'These outputs of language models cannot be averaged: their token probabilities are not stored.',
    'Merge the weights of the adapters instead.',
  );
}

function sum(values: Float64Array | Uint32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
