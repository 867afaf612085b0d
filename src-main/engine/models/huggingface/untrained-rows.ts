import { inputEmbedding, type ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { UntrainedToken } from '../../../../src-shared/domain/models/untrained-tokens.ts';
import type { ModelWeights } from './model-weights.ts';

/** Tokens of a model that a run reads or learns, and what its tokenizer tells of the other rows. */
export interface CheckedTokens {
  /** Ids of added tokens that occur in the examples. */
  readonly read: readonly number[];
  /** Ids among `read` that are in the loss, whose rows in the head matter. */
  readonly learned: readonly number[];
  /** Ids of tokens that no text contains: reserved ones, and rows without a token. */
  readonly unused: readonly number[];
}

/** Blocks of rows, evenly spaced, by which the usual row is known. */
const blocks = 64;
const rowsOfBlock = 32;
/** Share of the usual norm below which a row is near zero. */
const nearZero = 0.02;
/** Share of the usual norm within which a row is the mean of all rows, as new tokens start. */
const nearMean = 0.1;
/** Relative difference up to which two rows are equal. */
const nearEqual = 1e-3;

/**
 * Finds tokens whose rows were never trained: near zero, the mean of all rows, or equal to the row of an unused token.
 * Reads a few thousand rows. Empty where single rows cannot be read.
 */
export async function untrainedRows(
  weights: ModelWeights,
  description: ModelDescription,
  { read, learned, unused }: CheckedTokens,
): Promise<Pick<UntrainedToken, 'id' | 'inEmbedding' | 'inHead'>[]> {
  const input = inputEmbedding(description);
  const head = description.linears.find(({ isHead, isMissing }) => isHead && !isMissing);
  if (description.kind !== 'causal-lm' || input === undefined || head === undefined) return [];
  const isTied = head.checkpointKey === input.checkpointKey;
  const embedding = await untrainedIn(weights, `${input.checkpointKey}.weight`, read, unused);
  const output = isTied ? embedding : await untrainedIn(weights, `${head.checkpointKey}.weight`, learned, unused);
  return read.flatMap((id) => {
    const [inEmbedding, inHead] = [embedding.has(id), output.has(id) && learned.includes(id)];
    return inEmbedding || inHead ? [{ id, inEmbedding, inHead }] : [];
  });
}

async function untrainedIn(
  weights: ModelWeights,
  name: string,
  ids: readonly number[],
  unused: readonly number[],
): Promise<ReadonlySet<number>> {
  const { rows } = weights;
  const [count = 0, width = 0] = weights.has(name) ? weights.info(name).shape : [];
  if (rows === undefined || count === 0 || ids.length === 0) return new Set();
  const rowOf = async (id: number) => Float32Array.from((await rows(name, id, 1)).data);
  const usual = await usualRow(weights, name, count, width);
  const isIn = (id: number) => id < count;
  const others = await Promise.all(unused.filter(isIn).map(rowOf));
  const untrained = new Set<number>();
  for (const id of ids.filter(isIn)) {
    const row = await rowOf(id);
    const size = norm(row);
    const isSame = (other: Float32Array) => distance(row, other) <= nearEqual * Math.max(size, norm(other));
    if (size < nearZero * usual.norm || distance(row, usual.mean) < nearMean * usual.norm || others.some(isSame))
      untrained.add(id);
  }
  return untrained;
}

/** The mean of a sample of rows, and the median of their norms. */
async function usualRow(weights: ModelWeights, name: string, count: number, width: number) {
  const sums = new Float64Array(width);
  const norms: number[] = [];
  const taken = Math.min(rowsOfBlock, count);
  const used = Math.min(blocks, Math.ceil(count / taken));
  for (let block = 0; block < used; block++) {
    const first = Math.floor((block * (count - taken)) / Math.max(1, used - 1));
    const { data } = (await weights.rows?.(name, first, taken)) ?? { data: [] };
    for (let row = 0; row < taken; row++) {
      let squares = 0;
      for (let at = 0; at < width; at++) {
        const value = data[row * width + at] ?? 0;
        sums[at] = (sums[at] ?? 0) + value;
        squares += value * value;
      }
      norms.push(Math.sqrt(squares));
    }
  }
  const sorted = norms.toSorted((one, other) => one - other);
  const mean = Float32Array.from(sums, (sum) => sum / Math.max(1, norms.length));
  return { mean, norm: sorted[Math.floor(sorted.length / 2)] ?? 0 };
}

function norm(row: Float32Array): number {
  return Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
}

function distance(one: Float32Array, other: Float32Array): number {
  return Math.sqrt(one.reduce((sum, value, at) => sum + (value - (other[at] ?? 0)) ** 2, 0));
}
