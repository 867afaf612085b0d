import { labelSetLoss } from '../losses/batch-loss.ts';
import { type OutcomeType, taskScore } from './outcome-type.ts';
import { meanByShare, negativeLog } from './probabilities.ts';

interface Targets {
  readonly kind: 'label-sets';
  /** 1 for a label that applies, else 0 [examples, width], row-major. */
  readonly targets: Float32Array;
  readonly width: number;
}

export interface LabelSetOutputs extends Targets {
  /** Row-major [examples, width]. */
  readonly logits: Float32Array;
}

interface LabelSetPredictions extends Targets {
  /** Row-major [examples, width]. */
  readonly probabilities: Float64Array;
}

export const labelSets: OutcomeType<LabelSetOutputs, LabelSetPredictions, typeof labelSetLoss> = {
  kind: 'label-sets',
  loss: labelSetLoss,
  predict: ({ logits, targets, width }) => ({ kind: 'label-sets', probabilities: sigmoids(logits), targets, width }),
  ensemble(members) {
    const { targets, width } = members[0].outputs;
    return {
      kind: 'label-sets',
      probabilities: meanByShare(members, ({ logits }) => sigmoids(logits)),
      targets,
      width,
    };
  },
  perExample({ probabilities, targets, width }) {
    const count = targets.length / width;
    const losses = new Float32Array(count);
    const correct = new Uint8Array(count);
    for (let example = 0; example < count; example++) {
      let [loss, right] = [0, 1];
      for (let at = example * width; at < (example + 1) * width; at++) {
        const isTrue = (targets[at] ?? 0) > 0.5;
        const probability = probabilities[at] ?? 0;
        loss += negativeLog(isTrue ? probability : 1 - probability);
        if (probability > 0.5 !== isTrue) right = 0;
      }
      losses[example] = loss / width;
      correct[example] = right;
    }
    return { losses, correct, tokens: null };
  },
  score({ probabilities, targets, width }) {
    let loss = 0;
    for (const [at, probability] of probabilities.entries())
      loss += negativeLog((targets[at] ?? 0) > 0.5 ? probability : 1 - probability);
    const rows = (values: ArrayLike<number>) =>
      Array.from({ length: targets.length / width }, (_, row) =>
        Array.from({ length: width }, (_, label) => ((values[row * width + label] ?? 0) > 0.5 ? 1 : 0)),
      );
    return taskScore(
      { kind: 'label-sets', labels: rows(targets), predictions: rows(probabilities) },
      loss / targets.length,
    );
  },
  sample({ probabilities, targets, width }, row, nameOf) {
    const labels = Array.from({ length: width }, (_, label) => label);
    const applying = (values: ArrayLike<number>) => labels.filter((label) => (values[row * width + label] ?? 0) > 0.5);
    const predicted = applying(probabilities);
    return {
      text: predicted.map(nameOf).join(', ') || 'no label',
      probability: null,
      isRight: predicted.join() === applying(targets).join(),
    };
  },
  predictionLine({ probabilities, targets, width }, row, { names }) {
    const start = row * width;
    const applying = (values: ArrayLike<number>) => names.filter((_, at) => (values[start + at] ?? 0) > 0.5);
    return {
      truth: applying(targets),
      prediction: applying(probabilities),
      scores: Object.fromEntries(names.map((name, at) => [name, probabilities[start + at] ?? Number.NaN])),
    };
  },
};

function sigmoids(logits: Float32Array): Float64Array {
  return Float64Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
}
