import { tokenLoss } from '../losses/batch-loss.ts';
import { predictedClass } from '../metrics/calibration.ts';
import { countEntities, entityScores } from '../metrics/entities.ts';
import { type OutcomeType, taskScore } from './outcome-type.ts';
import { meanByShare, negativeLog, softmaxRows } from './probabilities.ts';

interface TaggedWords {
  readonly kind: 'tags';
  /** Tag of each word, example after example. */
  readonly labels: Int32Array;
  /** Words of each example. */
  readonly counts: Uint32Array;
  /** Names of the tags. */
  readonly names: readonly string[];
}

/** Outputs of a head on the words of texts, one after the other. */
export interface TagOutputs extends TaggedWords {
  /** Row-major [words, names]. */
  readonly logits: Float32Array;
}

interface TagPredictions extends TaggedWords {
  /** Row-major [words, names]. */
  readonly probabilities: Float64Array;
  /** First word of each example. */
  readonly starts: Uint32Array;
}

export const tags: OutcomeType<TagOutputs, TagPredictions, typeof tokenLoss> = {
  kind: 'tags',
  loss: tokenLoss,
  predict: ({ logits, ...words }) => predictionsOf(words, softmaxRows(logits, words.names.length)),
  ensemble(members) {
    const { logits: _, ...words } = members[0].outputs;
    return predictionsOf(
      words,
      meanByShare(members, ({ logits }) => softmaxRows(logits, words.names.length)),
    );
  },
  perExample,
  score(predictions) {
    const { losses, tokens } = perExample(predictions);
    let [loss, words] = [0, 0];
    for (const [example, count] of (tokens?.counted ?? []).entries()) {
      loss += (losses[example] ?? 0) * count;
      words += count;
    }
    const sentences = Array.from(predictions.counts, (_, row) => namedTags(predictions, row));
    const [labels, predicted] = [sentences.map(({ actual }) => actual), sentences.map((one) => one.predicted)];
    const entities = countEntities(labels, predicted).map((counts) => ({
      type: counts.type,
      ...entityScores(counts),
      count: counts.actual,
    }));
    return { ...taskScore({ kind: 'tags', labels, predictions: predicted }, loss / words), entities };
  },
  sample(predictions, row) {
    const { actual, predicted } = namedTags(predictions, row);
    return { text: predicted.join(' '), probability: null, isRight: predicted.join() === actual.join() };
  },
  predictionLine(predictions, row) {
    const { actual, predicted } = namedTags(predictions, row);
    return { truth: actual, prediction: predicted, scores: {} };
  },
};

function predictionsOf(words: TaggedWords, probabilities: Float64Array): TagPredictions {
  let end = 0;
  const starts = words.counts.map((count) => {
    end += count;
    return end - count;
  });
  return { ...words, probabilities, starts };
}

/** Mean loss of each example's words, and how many of them are right. */
function perExample(predictions: TagPredictions) {
  const { labels, counts, starts } = predictions;
  const losses = new Float32Array(counts.length);
  const right = new Uint32Array(counts.length);
  for (const [example, count] of counts.entries()) {
    const start = starts[example] ?? 0;
    let loss = 0;
    for (let word = start; word < start + count; word++) {
      const row = rowOf(predictions, word);
      const label = labels[word] ?? 0;
      loss += negativeLog(row[label] ?? 0);
      if (predictedClass(row) === label) right[example] = (right[example] ?? 0) + 1;
    }
    losses[example] = loss / count;
  }
  return { losses, correct: null, tokens: { counted: counts, right } };
}

/** Tags of one example by name: the true ones, and those of the highest probability. */
function namedTags(predictions: TagPredictions, example: number): { actual: string[]; predicted: string[] } {
  const { labels, counts, starts, names } = predictions;
  const start = starts[example] ?? 0;
  const words = Array.from({ length: counts[example] ?? 0 }, (_, at) => start + at);
  return {
    actual: words.map((word) => names[labels[word] ?? 0] ?? ''),
    predicted: words.map((word) => names[predictedClass(rowOf(predictions, word))] ?? ''),
  };
}

function rowOf({ probabilities, names }: TagPredictions, word: number): Float64Array {
  return probabilities.subarray(word * names.length, (word + 1) * names.length);
}
