import * as tf from '@tensorflow/tfjs-core';
import { allowsTf32 } from '../compute/tensorflow/library-variables.ts';
import { type EvaluationSteps, refuseCancelled } from './evaluation-steps.ts';

/** Scores of a block are one product, of 4 MB. */
const [queriesOfBlock, candidatesOfBlock] = [512, 2048];

/** Vectors of one model [rows, width], row-major, and its weight in the similarity. */
export interface WeightedVectors {
  readonly vectors: Float32Array;
  readonly width: number;
  readonly share: number;
}

export interface RankingRequest {
  readonly members: readonly WeightedVectors[];
  /** Returns the similarity of two rows in double precision, which determines ranks. */
  similarity(one: number, other: number): number;
  /** Rows of the queries, and of each the rows of its right candidates. */
  readonly queries: readonly { readonly row: number; readonly right: readonly number[] }[];
  /** Rows in ascending order: of two equal similarities the lower row comes first. */
  readonly candidates: Int32Array;
  /** Nearest candidates that are kept of each query. */
  readonly places: number;
}

export interface RankedQuery {
  /** Rows of the nearest candidates, the nearest first. */
  readonly top: readonly number[];
  /** Place of each right candidate among all, from 1. */
  readonly ranks: readonly number[];
}

/**
 * Ranks all candidates for each query. Similarities are computed in blocks on the active backend, in single precision; where its
 * error could change a place, `similarity` decides. One block of similarities is in memory at a time.
 * @throws StudioError cancelled, between blocks
 */
export async function rankCandidates(request: RankingRequest, steps: EvaluationSteps = {}): Promise<RankedQuery[]> {
  const { queries, candidates, members } = request;
  const margin = marginOf(members);
  const ranked: RankedQuery[] = [];
  for (let start = 0; start < queries.length; start += queriesOfBlock) {
    const some = queries.slice(start, start + queriesOfBlock);
    const open = some.map((query) => new OpenQuery(request, query, margin));
    const rows = Int32Array.from(some, ({ row }) => row);
    for (let first = 0; first < candidates.length; first += candidatesOfBlock) {
      await refuseCancelled(steps);
      const block = candidates.subarray(first, first + candidatesOfBlock);
      const scores = await similarities(members, rows, block);
      for (const [at, query] of open.entries())
        query.add(block, scores.subarray(at * block.length, (at + 1) * block.length));
      const share = (first + block.length) / candidates.length;
      await steps.onProgress?.(start + Math.floor(share * some.length), queries.length);
    }
    ranked.push(...open.map((query) => query.ranked()));
  }
  return ranked;
}

/** Returns the rounding error bound of a similarity of unit vectors, for any order of its sum. */
function marginOf(members: readonly WeightedVectors[]): number {
  const rounding = 2 ** -24;
  const ofInputs = allowsTf32() ? 2 ** -10 : 0;
  // Twice, since the sum over the members is rounded too and lengths are 1 but for their own rounding.
  return members.reduce((sum, { share, width }) => sum + 2 * Math.abs(share) * (width * rounding + ofInputs), 0);
}

/** [rows, candidates], row-major, in single precision. */
async function similarities(
  members: readonly WeightedVectors[],
  rows: Int32Array,
  candidates: Int32Array,
): Promise<Float32Array> {
  const made = tf.tidy(() => {
    const parts = members.map((member) =>
      tf.mul(tf.matMul(rowsOf(member, rows), rowsOf(member, candidates), false, true), member.share),
    );
    return parts.length === 1 && parts[0] ? parts[0] : tf.addN(parts);
  });
  try {
    return await made.data<'float32'>();
  } finally {
    made.dispose();
  }
}

function rowsOf({ vectors, width }: WeightedVectors, rows: Int32Array): tf.Tensor2D {
  const taken = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) taken.set(vectors.subarray(row * width, (row + 1) * width), at * width);
  return tf.tensor2d(taken, [rows.length, width]);
}

/** A query whose candidates are being looked through, in ascending order. */
class OpenQuery {
  private readonly scoreOf: (row: number) => number;
  private readonly places: number;
  private readonly margin: number;
  private readonly right: { readonly row: number; readonly score: number; rank: number }[];
  private readonly top: { readonly row: number; readonly score: number }[] = [];

  constructor(
    { similarity, places }: RankingRequest,
    { row, right }: RankingRequest['queries'][number],
    margin: number,
  ) {
    this.scoreOf = (other) => similarity(row, other);
    this.places = places;
    this.margin = margin;
    this.right = right.map((other) => ({ row: other, score: this.scoreOf(other), rank: 1 }));
  }

  add(rows: Int32Array, scores: Float32Array): void {
    const { top, places, margin } = this;
    for (const own of this.right) {
      const [low, high] = [own.score - margin, own.score + margin];
      for (let at = 0; at < scores.length; at++) {
        const score = scores[at] ?? 0;
        if (score < low) continue;
        if (score > high || this.isBefore(rows[at] ?? 0, own)) own.rank++;
      }
    }
    let least = this.lowestTopScore() - margin;
    for (let at = 0; at < scores.length; at++) {
      if ((scores[at] ?? 0) < least) continue;
      const row = rows[at] ?? 0;
      const score = this.scoreOf(row);
      if (top.length === places && score <= this.lowestTopScore()) continue;
      const before = top.findIndex((other) => other.score < score);
      top.splice(before < 0 ? top.length : before, 0, { row, score });
      top.splice(places);
      least = this.lowestTopScore() - margin;
    }
  }

  ranked(): RankedQuery {
    return { top: this.top.map(({ row }) => row), ranks: this.right.map(({ rank }) => rank) };
  }

  private isBefore(row: number, own: { readonly row: number; readonly score: number }): boolean {
    const score = this.scoreOf(row);
    return score > own.score || (score === own.score && row < own.row);
  }

  private lowestTopScore(): number {
    return this.top.length < this.places ? Number.NEGATIVE_INFINITY : (this.top.at(-1)?.score ?? 0);
  }
}
