import { bestCut } from '../../metrics/alike.ts';
import type { OutcomeOf } from '../../metrics/metric.ts';
import { rankedPlaces } from '../../metrics/retrieval.ts';
import type { VectorOutputs, VectorPairs } from '../task-outputs.ts';
import { pairLosses } from './pair-losses.ts';

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

/** Of the vectors of one model, or by the weighted mean of the similarities of several. */
export function vectorPredictions(members: readonly VectorOutputs[], weights: readonly number[]): VectorPredictions {
  const [first] = members;
  if (first === undefined) throw new RangeError('An ensemble needs at least one member.');
  const { pairs } = first;
  const { form, targets, anchors, others } = pairs;
  const similarity = similarityOf(members, weights);
  const cosines = Float64Array.from(anchors, (anchor, example) => similarity(anchor, others[example] ?? 0));
  const common = { kind: 'vectors', pairs, cosines, losses: pairLosses(pairs, cosines, similarity) } as const;
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
  return { ...common, ...ranked(pairs, similarity) };
}

/** Dot product of two rows, a weighted mean over the members. */
function similarityOf(
  members: readonly VectorOutputs[],
  weights: readonly number[],
): (one: number, other: number) => number {
  const total = members.reduce((sum, _, member) => sum + (weights[member] ?? 0), 0);
  const shares = members.map((_, member) => (weights[member] ?? 0) / total);
  return (one, other) => {
    let sum = 0;
    for (const [member, { vectors, width }] of members.entries()) {
      const [left, right] = [one * width, other * width];
      let dot = 0;
      for (let at = 0; at < width; at++) dot += (vectors[left + at] ?? 0) * (vectors[right + at] ?? 0);
      sum += (shares[member] ?? 0) * dot;
    }
    return sum;
  };
}

/** Every anchor's right texts among all texts that are a candidate of some example. */
function ranked(
  { anchors, others, negatives }: VectorPairs,
  similarity: (one: number, other: number) => number,
): Pick<VectorPredictions, 'correct' | 'outcome' | 'nearest' | 'ranks'> {
  const candidates = [...new Set([...others, ...negatives.flat()])].sort((one, other) => one - other);
  const relevant = new Map<number, Set<number>>();
  for (const [example, anchor] of anchors.entries()) {
    const own = relevant.get(anchor) ?? new Set();
    relevant.set(anchor, own.add(others[example] ?? 0));
  }
  const placeOf = new Map(candidates.map((row, place) => [row, place]));
  const tops = new Map<number, readonly number[]>();
  const queries: { hits: boolean[]; relevant: number }[] = [];
  const ranks = new Map<string, number>();
  for (const [anchor, right] of relevant) {
    const scores = Float64Array.from(candidates, (row) => similarity(anchor, row));
    const top = highest(scores, rankedPlaces).map((place) => candidates[place] ?? 0);
    tops.set(anchor, top);
    queries.push({ hits: top.map((row) => right.has(row)), relevant: right.size });
    for (const row of right) ranks.set(`${anchor} ${row}`, rankOf(scores, placeOf.get(row) ?? 0));
  }
  const nearest = anchors.map((anchor) => tops.get(anchor)?.[0] ?? 0);
  const correct = Array.from(anchors, (anchor, example) => relevant.get(anchor)?.has(nearest[example] ?? -1) ?? false);
  return {
    correct,
    nearest,
    ranks: anchors.map((anchor, example) => ranks.get(`${anchor} ${others[example]}`) ?? 0),
    outcome: { kind: 'retrieval', queries, right: correct },
  };
}

/** Places of the highest scores, from the highest; the first of equal ones first. */
function highest(scores: Float64Array, count: number): number[] {
  const top: number[] = [];
  for (const [place, score] of scores.entries()) {
    if (top.length === count && score <= (scores[top.at(-1) ?? 0] ?? 0)) continue;
    const before = top.findIndex((other) => (scores[other] ?? 0) < score);
    top.splice(before < 0 ? top.length : before, 0, place);
    top.splice(count);
  }
  return top;
}

/** From 1. */
function rankOf(scores: Float64Array, place: number): number {
  const own = scores[place] ?? 0;
  let rank = 1;
  for (const [other, score] of scores.entries()) if (score > own || (score === own && other < place)) rank++;
  return rank;
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
