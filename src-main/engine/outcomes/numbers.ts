import { mean } from '../../../src-shared/statistics/student.ts';
import { numberLoss } from '../losses/batch-loss.ts';
import { type OutcomeType, taskScore } from './outcome-type.ts';
import { meanByShare } from './probabilities.ts';

export interface NumberOutputs {
  readonly kind: 'numbers';
  readonly predictions: Float32Array;
  readonly targets: Float32Array;
}

interface NumberPredictions {
  readonly kind: 'numbers';
  readonly values: Float64Array;
  readonly targets: Float32Array;
}

export const numbers: OutcomeType<NumberOutputs, NumberPredictions, typeof numberLoss> = {
  kind: 'numbers',
  loss: numberLoss,
  predict: ({ predictions, targets }) => ({ kind: 'numbers', values: Float64Array.from(predictions), targets }),
  ensemble: (members) => ({
    kind: 'numbers',
    values: meanByShare(members, ({ predictions }) => predictions),
    targets: members[0].outputs.targets,
  }),
  perExample: ({ values, targets }) => ({
    losses: Float32Array.from(values, (value, at) => (value - (targets[at] ?? 0)) ** 2),
    correct: null,
    tokens: null,
  }),
  score({ values, targets }) {
    const predictions = [...values];
    const loss = mean(predictions.map((value, at) => (value - (targets[at] ?? 0)) ** 2));
    return taskScore({ kind: 'numbers', labels: [...targets], predictions }, loss);
  },
  sample: ({ values }, row) => ({ text: (values[row] ?? 0).toPrecision(3), probability: null, isRight: null }),
  predictionLine({ values, targets }, row) {
    const value = values[row] ?? Number.NaN;
    return { truth: targets[row] ?? Number.NaN, prediction: value, scores: { value } };
  },
};
