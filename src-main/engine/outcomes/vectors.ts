import { mean } from '../../../src-shared/statistics/student.ts';
import type { EmbeddingSettings } from '../../../src-shared/tasks/embedding.ts';
import { vectorLoss } from '../losses/batch-loss.ts';
import { bestCut } from '../metrics/alike.ts';
import type { OutcomeOf } from '../metrics/metric.ts';
import { rankedPlaces } from '../metrics/retrieval.ts';
import type { EmbeddingLoss, PairForm } from './embedding-loss.ts';
import { type EvaluationSteps, refuseCancelled } from './evaluation-steps.ts';
import { type AnswerLine, type Members, type OutcomeType, taskScore } from './outcome-type.ts';
import { rankCandidates, type WeightedVectors } from './rank-candidates.ts';

/** Examples of a batch whose loss is computed together: the default of per_device_train_batch_size. */
const batchSize = 32;
/** Batches between two checks for cancellation. */
const batchesAtOnce = 32;

/** Vectors of texts, and the examples that consist of these texts. */
export interface VectorOutputs {
  readonly kind: 'vectors';
  /** Vectors of unit length [texts, width], row-major; equal texts have one row. */
  readonly vectors: Float32Array;
  readonly width: number;
  readonly pairs: VectorPairs;
}

/** Examples by the rows of their texts. */
export interface VectorPairs {
  readonly form: PairForm;
  readonly anchors: Int32Array;
  /** The other text of each example; in a ranking, the right one. */
  readonly others: Int32Array;
  /** Further texts of each example that are wrong for its anchor. */
  readonly negatives: readonly (readonly number[])[];
  /** Target of each example in [0, 1]; empty for a ranking. */
  readonly targets: Float32Array;
  readonly loss: EmbeddingLoss;
  readonly settings: EmbeddingSettings;
  textOf(row: number): string;
}

/** Similarities of the texts of examples; arrays have one entry an example. */
interface VectorPredictions {
  readonly kind: 'vectors';
  readonly pairs: VectorPairs;
  /** Similarity of the two texts of an example. */
  readonly cosines: Float64Array;
  readonly losses: Float64Array;
  /** Null where targets are scores. */
  readonly correct: readonly boolean[] | null;
  readonly outcome: OutcomeOf<'numbers' | 'alike' | 'retrieval'>;
  /** Row of the text that is nearest to the anchor of a ranking, and the rank of the right text, from 1. */
  readonly nearest: Int32Array;
  readonly ranks: Int32Array;
}

export const vectors: OutcomeType<VectorOutputs, VectorPredictions, typeof vectorLoss> = {
  kind: 'vectors',
  loss: vectorLoss,
  predict: (outputs, steps) => similarities([{ outputs, share: 1 }], steps),
  ensemble: similarities,
  perExample: ({ losses, correct }) => ({
    losses: Float32Array.from(losses),
    correct: correct && Uint8Array.from(correct, Number),
    tokens: null,
  }),
  score: ({ outcome, losses }) => taskScore(outcome, mean([...losses])),
  sample(predictions, row) {
    const { prediction } = pairLine(predictions, row);
    return {
      text: typeof prediction === 'number' ? prediction.toPrecision(3) : prediction,
      probability: null,
      isRight: predictions.correct?.[row] ?? null,
    };
  },
  predictionLine: pairLine,
};

function pairLine(
  { pairs, cosines, correct, nearest, ranks }: VectorPredictions,
  example: number,
): AnswerLine & { readonly prediction: string | number } {
  const cosine = cosines[example] ?? Number.NaN;
  const target = pairs.targets[example] ?? 0;
  if (pairs.form === 'scores') return { truth: target, prediction: cosine, scores: { cosine } };
  if (pairs.form === 'labels') {
    const [truth, other] = target > 0.5 ? ['1', '0'] : ['0', '1'];
    return { truth, prediction: correct?.[example] ? truth : other, scores: { cosine } };
  }
  return {
    truth: pairs.textOf(pairs.others[example] ?? 0),
    prediction: pairs.textOf(nearest[example] ?? 0),
    scores: { cosine, rank: ranks[example] ?? 0 },
  };
}

/**
 * Mean similarities of the members.
 * @param steps progress counts the anchors of a ranking
 * @throws StudioError cancelled
 */
async function similarities(members: Members<VectorOutputs>, steps: EvaluationSteps): Promise<VectorPredictions> {
  const { pairs } = members[0].outputs;
  const { form, targets, anchors, others } = pairs;
  const weighted = members.map(({ outputs: { vectors, width }, share }) => ({ vectors, width, share }));
  const similarity = similarityOf(weighted);
  const cosines = Float64Array.from(anchors, (anchor, example) => similarity(anchor, others[example] ?? 0));
  const losses = await pairLosses(pairs, cosines, similarity, steps);
  const common = { kind: 'vectors', pairs, cosines, losses } as const;
  const none = { nearest: new Int32Array(0), ranks: new Int32Array(0) };
  if (form === 'scores') {
    const outcome = { kind: 'numbers', labels: [...targets], predictions: [...cosines] } as const;
    return { ...common, ...none, correct: null, outcome };
  }
  if (form === 'labels') {
    const labels = Array.from(targets, (target) => target > 0.5);
    const outcome = { kind: 'alike', labels, predictions: [...cosines] } as const;
    const threshold = bestCut(outcome)?.threshold ?? 0;
    const areAlike = outcome.predictions.map((cosine) => cosine >= threshold);
    return { ...common, ...none, correct: labels.map((label, at) => label === areAlike[at]), outcome };
  }
  return { ...common, ...(await ranked(pairs, weighted, steps)) };
}

/** Dot product of two rows, averaged over the members by their shares. */
function similarityOf(members: readonly WeightedVectors[]): (one: number, other: number) => number {
  return (one, other) => {
    let sum = 0;
    for (const { vectors, width, share } of members) {
      const [left, right] = [one * width, other * width];
      let dot = 0;
      for (let at = 0; at < width; at++) dot += (vectors[left + at] ?? 0) * (vectors[right + at] ?? 0);
      sum += share * dot;
    }
    return sum;
  };
}

/**
 * Loss of each example, in batches of 32 in the given order. An anchor is compared with the candidates of its batch, and each example
 * of a batch has the loss of the whole batch where the loss has no other.
 * @throws StudioError cancelled
 */
async function pairLosses(
  { anchors, others, negatives, targets, loss, settings }: VectorPairs,
  cosines: Float64Array,
  similarity: (one: number, other: number) => number,
  steps: EvaluationSteps,
): Promise<Float64Array> {
  const losses = new Float64Array(anchors.length);
  for (let start = 0; start < anchors.length; start += batchSize) {
    if (start % (batchesAtOnce * batchSize) === 0) await refuseCancelled(steps);
    const end = Math.min(start + batchSize, anchors.length);
    if (!loss.ranks) {
      losses.set(loss.losses(cosines.subarray(start, end), targets.subarray(start, end), settings), start);
      continue;
    }
    const candidates = [...others.subarray(start, end), ...negatives.slice(start, end).flat()];
    for (let example = start; example < end; example++) {
      const own = Float64Array.from(candidates, (row) => similarity(anchors[example] ?? 0, row));
      losses[example] = loss.lossOf(own, example - start, settings);
    }
  }
  return losses;
}

/** Ranks each anchor's right texts among all texts that are a candidate of some example. */
async function ranked(
  { anchors, others, negatives }: VectorPairs,
  members: readonly WeightedVectors[],
  steps: EvaluationSteps,
): Promise<Pick<VectorPredictions, 'correct' | 'outcome' | 'nearest' | 'ranks'>> {
  const candidates = Int32Array.from(new Set([...others, ...negatives.flat()])).sort();
  const places = new Map<number, number>();
  const right: Set<number>[] = [];
  const queryOf = anchors.map((anchor, example) => {
    const place = places.get(anchor) ?? places.size;
    places.set(anchor, place);
    right[place] = (right[place] ?? new Set()).add(others[example] ?? 0);
    return place;
  });
  const queries = Array.from(places, ([row, place]) => ({ row, right: [...(right[place] ?? [])] }));
  const similarity = similarityOf(members);
  const found = await rankCandidates({ members, similarity, queries, candidates, places: rankedPlaces }, steps);
  const hits = found.map(({ top }, query) => top.map((row) => right[query]?.has(row) ?? false));
  const nearest = queryOf.map((query) => found[query]?.top[0] ?? 0);
  const correct = Array.from(queryOf, (query) => hits[query]?.[0] ?? false);
  return {
    correct,
    nearest,
    ranks: queryOf.map((query, example) => {
      const own = queries[query]?.right.indexOf(others[example] ?? 0) ?? 0;
      return found[query]?.ranks[own] ?? 0;
    }),
    outcome: {
      kind: 'retrieval',
      queries: hits.map((own, query) => ({ hits: own, relevant: right[query]?.size ?? 0 })),
      right: correct,
    },
  };
}
