import type { EvaluationSteps } from '../evaluation/evaluation.ts';
import type { VectorOutputs, VectorPairs } from '../evaluation/task-outputs.ts';
import { bestCut } from '../metrics/alike.ts';
import type { OutcomeOf } from '../metrics/metric.ts';
import { rankedPlaces } from '../metrics/retrieval.ts';
import { pairLosses } from './pair-losses.ts';
import { rankCandidates, type WeightedVectors } from './rank-candidates.ts';

/** What vectors say of their examples; arrays have one entry an example. */
export interface VectorPredictions {
  readonly kind: 'vectors';
  readonly pairs: VectorPairs;
  /** Similarity of the two texts of an example. */
  readonly cosines: Float64Array;
  readonly losses: Float64Array;
  /** Null where there is only more or less. */
  readonly correct: readonly boolean[] | null;
  readonly outcome: OutcomeOf<'numbers' | 'alike' | 'retrieval'>;
  /** Of a ranking: the row of the text that is nearest to the anchor, and the place of the right one, from 1. */
  readonly nearest: Int32Array;
  readonly ranks: Int32Array;
}

/**
 * Of the vectors of one model, or by the weighted mean of the similarities of several.
 * @param steps progress counts the anchors of a ranking
 * @throws StudioError cancelled
 */
export async function vectorPredictions(
  outputs: readonly VectorOutputs[],
  weights: readonly number[],
  steps: EvaluationSteps = {},
): Promise<VectorPredictions> {
  const [first] = outputs;
  if (first === undefined) throw new RangeError('An ensemble needs at least one member.');
  const { pairs } = first;
  const { form, targets, anchors, others } = pairs;
  const total = outputs.reduce((sum, _, member) => sum + (weights[member] ?? 0), 0);
  const members = outputs.map((member, at) => ({ ...member, share: (weights[at] ?? 0) / total }));
  const similarity = similarityOf(members);
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
  return { ...common, ...(await ranked(pairs, members, steps)) };
}

/** Dot product of two rows, a weighted mean over the members. */
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

/** Every anchor's right texts among all texts that are a candidate of some example. */
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

/** What a file of predictions says of an example. */
export function pairLine(
  { pairs, cosines, correct, nearest, ranks }: VectorPredictions,
  example: number,
): { truth: string | number; prediction: string | number; scores: Record<string, number> } {
  const cosine = cosines[example] ?? Number.NaN;
  const target = pairs.targets[example] ?? 0;
  if (pairs.form === 'scores') return { truth: target, prediction: cosine, scores: { cosine } };
  if (pairs.form === 'labels') {
    const truth = target > 0.5 ? '1' : '0';
    return { truth, prediction: correct?.[example] ? truth : truth === '1' ? '0' : '1', scores: { cosine } };
  }
  const texts = { truth: pairs.others[example] ?? 0, prediction: nearest[example] ?? 0 };
  const scores = { cosine, rank: ranks[example] ?? 0 };
  return { truth: pairs.textOf(texts.truth), prediction: pairs.textOf(texts.prediction), scores };
}
