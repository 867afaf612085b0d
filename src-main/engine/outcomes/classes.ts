import { classLoss } from '../losses/batch-loss.ts';
import { predictedClass, reliabilityOf } from '../metrics/calibration.ts';
import { scoreOutcome } from '../metrics/index.ts';
import type { OutcomeType, TaskScore } from './outcome-type.ts';
import { meanByShare, negativeLog, softmaxRows } from './probabilities.ts';

/** Outputs of a model, row-major [examples, classCount], and the true labels. */
export interface ClassOutputs {
  readonly kind: 'classes';
  /** Log-likelihoods in nats of answers (a row with fewer answers is filled with −∞); default: outputs of a head. */
  readonly scale?: 'log-likelihoods';
  readonly logits: Float32Array;
  readonly labels: Int32Array;
  readonly classCount: number;
}

interface ClassPredictions {
  readonly kind: 'classes';
  /** Row-major [examples, classCount]. */
  readonly probabilities: Float64Array;
  /** Log-likelihoods in nats of one model that scores answers, of the same shape. */
  readonly logLikelihoods?: Float32Array;
  readonly labels: Int32Array;
  readonly classCount: number;
}

export const classes: OutcomeType<ClassOutputs, ClassPredictions, typeof classLoss> = {
  kind: 'classes',
  loss: classLoss,
  predict: ({ logits, labels, classCount, scale }) => ({
    kind: 'classes',
    probabilities: softmaxRows(logits, classCount),
    ...(scale === 'log-likelihoods' ? { logLikelihoods: logits } : {}),
    labels,
    classCount,
  }),
  ensemble(members) {
    const { labels, classCount } = members[0].outputs;
    const probabilities = meanByShare(members, ({ logits }) => softmaxRows(logits, classCount));
    return { kind: 'classes', probabilities, labels, classCount };
  },
  perExample: (predictions) => ({
    losses: Float32Array.from(predictions.labels, (label, row) => negativeLog(rowOf(predictions, row)[label] ?? 0)),
    correct: Uint8Array.from(predictions.labels, (label, row) =>
      predictedClass(rowOf(predictions, row)) === label ? 1 : 0,
    ),
    tokens: null,
  }),
  score: scoreClasses,
  sample(predictions, row, nameOf) {
    const own = rowOf(predictions, row);
    const predicted = predictedClass(own);
    return {
      text: nameOf(predicted),
      probability: own[predicted] ?? 0,
      isRight: predicted === predictions.labels[row],
    };
  },
  predictionLine(predictions, row, { names }) {
    const { logLikelihoods, labels, classCount } = predictions;
    const own = rowOf(predictions, row);
    const values = logLikelihoods?.subarray(row * classCount, (row + 1) * classCount) ?? own;
    return {
      truth: names[labels[row] ?? 0] ?? '',
      prediction: names[predictedClass(own)] ?? '',
      scores: Object.fromEntries(names.map((name, at) => [name, values[at] ?? Number.NaN])),
    };
  },
};

function rowOf({ probabilities, classCount }: ClassPredictions, row: number): Float64Array {
  return probabilities.subarray(row * classCount, (row + 1) * classCount);
}

/** Scores logits [examples, classCount], row-major. The first of equal logits counts as the prediction. */
export function scoreLogits(logits: Float32Array, labels: Int32Array, classCount: number): TaskScore {
  return scoreClasses({ kind: 'classes', probabilities: softmaxRows(logits, classCount), labels, classCount });
}

function scoreClasses(predictions: ClassPredictions): TaskScore {
  const { labels, classCount } = predictions;
  const confusion = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  let loss = 0;
  for (const [example, label] of labels.entries()) {
    const row = rowOf(predictions, example);
    const predicted = predictedClass(row);
    const counts = confusion[label];
    if (counts) counts[predicted] = (counts[predicted] ?? 0) + 1;
    loss += negativeLog(row[label] ?? 0);
  }
  const metrics = scoreOutcome({ kind: 'classes', confusion, probabilities: predictions });
  const { accuracy = Number.NaN } = metrics;
  return { accuracy, loss: loss / labels.length, confusion, metrics, reliability: reliabilityOf(predictions) };
}
