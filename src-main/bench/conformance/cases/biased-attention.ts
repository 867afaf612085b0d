import * as tf from '@tensorflow/tfjs-core';
import { biasedAttention } from '../../../engine/ops/index.ts';
import { get, softmaxRows } from '../reference.ts';
import { matrix, type OperationCase, type TakeValues } from './operation-case.ts';

interface BiasedCase {
  readonly batch: number;
  readonly tokens: number;
  readonly queries: number;
  readonly heads: number;
  readonly headSize: number;
  readonly causal: boolean;
  readonly mask?: readonly number[];
}

const scale = 0.7;
/** Bias of a pair of positions, of both signs. */
const biasOf = (head: number, query: number, token: number) => ((head * 7 + query * 3 + token * 5) % 11) / 4 - 1.2;

const biased = (given: BiasedCase): OperationCase => {
  const { batch, tokens, queries, heads, headSize, causal, mask } = given;
  const width = heads * headSize;
  return {
    name: `attention of ${queries} to ${tokens} tokens with biases${causal ? ', causal' : ''}${mask ? `, mask ${mask.join('')}` : ''}`,
    shapes: { q: [batch * queries, width], k: [batch * tokens, width], v: [batch * tokens, width] },
    wanted: ['q', 'k', 'v'],
    run: (take) => {
      const biases = Array.from({ length: heads * queries * tokens }, (_, at) => {
        const [query, token] = [Math.floor(at / tokens) % queries, at % tokens];
        const isLater = causal && token > tokens - queries + query;
        return isLater ? -1e30 : biasOf(Math.floor(at / (queries * tokens)), query, token);
      });
      return biasedAttention(
        matrix(take, 'q'),
        matrix(take, 'k'),
        matrix(take, 'v'),
        tf.tensor3d(biases, [heads, queries, tokens]),
        {
          ...{ batch, tokens, queryTokens: queries, heads, scale },
          mask: mask ? tf.tensor2d([...mask], [batch, tokens]) : undefined,
        },
      );
    },
    reference: (take) => reference(given, take),
  };
};

function reference(given: BiasedCase, take: TakeValues): number[] {
  const { batch, tokens, queries, heads, headSize, causal, mask } = given;
  const width = heads * headSize;
  const out = new Array<number>(batch * queries * width).fill(0);
  for (let example = 0; example < batch; example++)
    for (let head = 0; head < heads; head++)
      for (let query = 0; query < queries; query++) {
        const columns = Array.from({ length: headSize }, (_, at) => head * headSize + at);
        const row = example * queries + query;
        const scores = Array.from({ length: tokens }, (_, token) => {
          const isLater = causal && token > tokens - queries + query;
          if (isLater || (mask && get(mask, example * tokens + token) === 0)) return -1e30;
          const key = example * tokens + token;
          const dot = columns.reduce(
            (sum, column) => sum + get(take('q'), row * width + column) * get(take('k'), key * width + column),
            0,
          );
          return scale * dot + biasOf(head, query, token);
        });
        softmaxRows(scores, tokens).forEach((probability, token) => {
          for (const column of columns) {
            const at = row * width + column;
            out[at] = get(out, at) + probability * get(take('v'), (example * tokens + token) * width + column);
          }
        });
      }
  return out;
}

export const biasedAttentionCases: readonly OperationCase[] = [
  biased({ batch: 2, tokens: 5, queries: 5, heads: 2, headSize: 4, causal: false }),
  biased({ batch: 2, tokens: 4, queries: 4, heads: 3, headSize: 3, causal: true }),
  biased({ batch: 2, tokens: 6, queries: 1, heads: 2, headSize: 3, causal: true }),
  biased({ batch: 2, tokens: 4, queries: 4, heads: 2, headSize: 3, causal: false, mask: [1, 1, 0, 0, 0, 1, 1, 1] }),
];
