import * as tf from '@tensorflow/tfjs-core';
import { reachMatrix } from '../../../engine/api/base-parts.ts';
import { disentangledAttention } from '../../../engine/ops/index.ts';
import { get, softmaxRows, type Values } from '../reference.ts';
import { matrix, type OperationCase, type TakeValues } from './operation-case.ts';

interface DisentangledCase {
  readonly batch: number;
  readonly tokens: number;
  readonly queries?: number;
  readonly heads: number;
  readonly headSize: number;
  /** The row of each distance −(tokens − 1) … tokens − 1. */
  readonly rows: readonly number[];
  readonly parts: readonly ('keys' | 'queries')[];
  readonly mask?: readonly number[];
}

const disentangled = (given: DisentangledCase): OperationCase => {
  const { batch, tokens, queries = tokens, heads, headSize, rows, parts, mask } = given;
  const width = heads * headSize;
  const rowCount = Math.max(...rows) + 1;
  const reach = { firstRow: 0, rowCount, rows: Int32Array.from(rows) };
  return {
    name: `disentangled attention of ${queries} to ${tokens} tokens by ${parts.join(' and ')}${mask ? `, mask ${mask.join('')}` : ''}`,
    shapes: {
      q: [batch * queries, width],
      k: [batch * tokens, width],
      v: [batch * tokens, width],
      ...Object.fromEntries(parts.map((part) => [part, [rowCount, width]])),
    },
    wanted: ['q', 'k', 'v', ...parts],
    run: (take) =>
      disentangledAttention(
        matrix(take, 'q'),
        matrix(take, 'k'),
        matrix(take, 'v'),
        {
          keys: parts.includes('keys') ? matrix(take, 'keys') : null,
          queries: parts.includes('queries') ? matrix(take, 'queries') : null,
          ascending: reachMatrix(reach, false),
          descending: reachMatrix(reach, true),
        },
        {
          batch,
          tokens,
          heads,
          queryTokens: queries,
          mask: mask ? tf.tensor2d([...mask], [batch, tokens]) : undefined,
        },
      ),
    reference: (take) => reference({ ...given, queries }, take),
  };
};

function reference(given: DisentangledCase & { queries: number }, take: TakeValues): number[] {
  const { batch, tokens, queries, heads, headSize, rows, parts, mask } = given;
  const width = heads * headSize;
  const scale = 1 / Math.sqrt(headSize * (1 + parts.length));
  const out = new Array<number>(batch * queries * width).fill(0);
  for (let example = 0; example < batch; example++)
    for (let head = 0; head < heads; head++)
      for (let query = 0; query < queries; query++) {
        const dot = (a: Values, rowOfA: number, b: Values, rowOfB: number) =>
          Array.from({ length: headSize }, (_, index) => head * headSize + index).reduce(
            (sum, column) => sum + get(a, rowOfA * width + column) * get(b, rowOfB * width + column),
            0,
          );
        const scores = Array.from({ length: tokens }, (_, token) => {
          const [q, k] = [example * queries + query, example * tokens + token];
          if (mask && get(mask, k) === 0) return -1e30;
          const row = get(rows, query - token + tokens - 1);
          let score = dot(take('q'), q, take('k'), k);
          if (parts.includes('keys')) score += dot(take('q'), q, take('keys'), row);
          if (parts.includes('queries')) score += dot(take('k'), k, take('queries'), row);
          return score * scale;
        });
        softmaxRows(scores, tokens).forEach((probability, token) => {
          for (let column = head * headSize; column < (head + 1) * headSize; column++) {
            const at = (example * queries + query) * width + column;
            out[at] = get(out, at) + probability * get(take('v'), (example * tokens + token) * width + column);
          }
        });
      }
  return out;
}

const sharedRows = [0, 0, 1, 2, 3, 4, 5, 6, 6];
export const disentangledCases: readonly OperationCase[] = [
  disentangled({ batch: 2, tokens: 5, heads: 2, headSize: 4, rows: sharedRows, parts: ['keys', 'queries'] }),
  disentangled({
    batch: 2,
    tokens: 5,
    queries: 1,
    heads: 2,
    headSize: 4,
    rows: sharedRows,
    parts: ['keys', 'queries'],
  }),
  disentangled({ batch: 1, tokens: 3, heads: 3, headSize: 2, rows: [0, 1, 2, 3, 4], parts: ['keys'] }),
  disentangled({ batch: 1, tokens: 3, heads: 1, headSize: 5, rows: [4, 3, 2, 1, 0], parts: ['queries'] }),
  disentangled({ batch: 2, tokens: 1, heads: 2, headSize: 3, rows: [0], parts: ['keys', 'queries'] }),
  disentangled({
    batch: 2,
    tokens: 4,
    heads: 2,
    headSize: 3,
    rows: [0, 1, 2, 3, 4, 5, 6],
    parts: ['keys', 'queries'],
    mask: [1, 1, 1, 0, 1, 1, 0, 0],
  }),
  disentangled({
    batch: 2,
    tokens: 4,
    queries: 1,
    heads: 2,
    headSize: 3,
    rows: [0, 1, 2, 3, 4, 5, 6],
    parts: ['queries'],
    mask: [1, 1, 1, 0, 1, 1, 0, 0],
  }),
];
