import { mean } from '../../../src-shared/statistics/student.ts';
import { likelihoodLoss } from '../losses/batch-loss.ts';
import type { OutcomeType } from './outcome-type.ts';
import { refuseEnsemble } from './tokens.ts';

/** Marks of a model's answers to questions, which are its predictions as well; arrays have one entry a question. */
export interface MarkOutputs {
  readonly kind: 'marks';
  /** 1 for a right answer, 0 for a wrong one. */
  readonly right: Uint8Array;
  /** Mean nats of the tokens of the reference answer. */
  readonly losses: Float64Array;
}

export const marks: OutcomeType<MarkOutputs, MarkOutputs, typeof likelihoodLoss> = {
  kind: 'marks',
  loss: likelihoodLoss,
  predict: (outputs) => outputs,
  ensemble: refuseEnsemble,
  perExample: ({ right, losses }) => ({ losses: Float32Array.from(losses), correct: right, tokens: null }),
  score({ right, losses }) {
    const accuracy = mean([...right]);
    return { accuracy, loss: mean([...losses]), confusion: [], metrics: { accuracy } };
  },
  // A language model writes its answers: the run samples them.
  sample: () => null,
  predictionLine: ({ right, losses }, row, { reference }) => ({
    truth: reference,
    prediction: null,
    scores: { right: right[row] ?? 0, loss: losses[row] ?? Number.NaN },
  }),
};
