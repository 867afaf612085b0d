import * as tf from '@tensorflow/tfjs-core';
import { attentionBySegment } from '../../../engine/ops/attention/attention-by-segment.ts';
import { attention } from '../../../engine/ops/index.ts';
import { attend } from '../attend.ts';
import { matrix, type OperationCase, vector } from './operation-case.ts';

interface AttentionCase {
  readonly batch: number;
  readonly queries?: number;
  readonly tokens: number;
  readonly heads: number;
  readonly keyValueHeads?: number;
  readonly headSize: number;
  readonly causal?: boolean;
  readonly window?: number;
  /** [batch · tokens] of 1 and 0. */
  readonly mask?: readonly number[];
  readonly spread?: number;
  readonly scale?: number;
  readonly softcap?: number;
  readonly hasSinks?: boolean;
}

const attending = (given: AttentionCase): OperationCase => {
  const { batch, tokens, heads, headSize, mask } = given;
  const { queries = tokens, keyValueHeads = heads, causal = false, window = 0, spread = 1 } = given;
  const { scale = 1 / Math.sqrt(headSize), softcap = 0, hasSinks = false } = given;
  const words = [
    `attention of ${queries} to ${tokens} tokens, ${heads} heads of ${headSize}`,
    keyValueHeads < heads ? `${keyValueHeads} of keys` : '',
    causal ? 'causal' : '',
    window > 0 ? `window ${window}` : '',
    mask ? `mask ${mask.join('')}` : '',
    spread === 1 ? '' : `values around ±${spread}`,
    given.scale === undefined ? '' : `scale ${scale}`,
    softcap > 0 ? `scores within ±${softcap}` : '',
    hasSinks ? 'sinks' : '',
  ];
  return {
    name: words.filter((word) => word !== '').join(', '),
    shapes: {
      q: [batch * queries, heads * headSize],
      k: [batch * tokens, keyValueHeads * headSize],
      v: [batch * tokens, keyValueHeads * headSize],
      ...(hasSinks && { sinks: [heads] }),
    },
    wanted: ['q', 'k', 'v'],
    spread,
    run: (take) =>
      attention(matrix(take, 'q'), matrix(take, 'k'), matrix(take, 'v'), {
        batch,
        tokens,
        heads,
        queryTokens: queries,
        keyValueHeads,
        causal,
        window,
        scale,
        softcap,
        sinks: hasSinks ? vector(take, 'sinks') : null,
        mask: mask ? tf.tensor2d([...mask], [batch, tokens]) : undefined,
      }),
    reference: (take) =>
      attend(take('q'), take('k'), take('v'), {
        ...{ batch, queries, tokens, heads, keyValueHeads, headSize, causal, window, scale, softcap },
        mask: mask ?? null,
        sinks: hasSinks ? take('sinks') : null,
      }),
  };
};

/** Sequences of 3, 1 and 5 tokens in the same rows, with every option. */
const bySegment: OperationCase = {
  name: 'attention by segment, within ±2, sinks',
  shapes: { q: [9, 8], k: [9, 4], v: [9, 4], sinks: [2] },
  wanted: ['q', 'k', 'v'],
  run: (take) =>
    attentionBySegment(matrix(take, 'q'), matrix(take, 'k'), matrix(take, 'v'), [3, 1, 5], {
      ...{ heads: 2, keyValueHeads: 1, window: 2, scale: 0.7, softcap: 2 },
      sinks: vector(take, 'sinks'),
    }),
  reference: (take) =>
    [
      { from: 0, tokens: 3 },
      { from: 3, tokens: 1 },
      { from: 4, tokens: 5 },
    ].flatMap(({ from, tokens }) => {
      const rows = (name: string, width: number) => take(name).slice(from * width, (from + tokens) * width);
      return attend(rows('q', 8), rows('k', 4), rows('v', 4), {
        ...{ batch: 1, queries: tokens, tokens, heads: 2, keyValueHeads: 1, headSize: 4 },
        ...{ causal: false, window: 2, scale: 0.7, softcap: 2, mask: null, sinks: take('sinks') },
      });
    }),
};

export const attentionCases: readonly OperationCase[] = [
  attending({ batch: 2, tokens: 5, heads: 2, headSize: 4 }),
  attending({ batch: 3, tokens: 17, heads: 2, headSize: 6 }),
  // More rows than the kernels take at a time.
  attending({ batch: 1, tokens: 70, heads: 1, headSize: 3 }),
  attending({ batch: 1, tokens: 69, heads: 2, keyValueHeads: 1, headSize: 2, causal: true, window: 40 }),
  // Heads of more columns than a kernel takes at a time.
  attending({ batch: 1, tokens: 34, heads: 2, keyValueHeads: 1, headSize: 36, causal: true }),
  attending({ batch: 2, queries: 1, tokens: 6, heads: 3, headSize: 5 }),
  attending({ batch: 1, tokens: 6, heads: 2, headSize: 4, spread: 2.5 }),
  attending({ batch: 2, tokens: 7, heads: 2, headSize: 4, causal: true }),
  attending({ batch: 1, queries: 3, tokens: 7, heads: 2, headSize: 3, causal: true }),
  attending({ batch: 1, tokens: 9, heads: 1, headSize: 4, causal: true, window: 3 }),
  attending({ batch: 2, tokens: 6, heads: 4, keyValueHeads: 2, headSize: 4 }),
  attending({ batch: 2, tokens: 5, heads: 6, keyValueHeads: 1, headSize: 3, causal: true }),
  attending({ batch: 3, tokens: 4, heads: 2, headSize: 4, mask: [1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1] }),
  // Padding on the left: the first rows of a causal example see nothing; the third example is nothing but padding.
  attending({
    ...{ batch: 3, tokens: 5, heads: 4, keyValueHeads: 2, headSize: 4, causal: true },
    mask: [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
  }),
  attending({
    ...{ batch: 2, queries: 2, tokens: 6, heads: 2, headSize: 5, causal: true, window: 2 },
    mask: [1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1],
  }),
  attending({ batch: 2, tokens: 7, heads: 2, headSize: 4, causal: true, scale: 0.3 }),
  // Scores far beyond the cap.
  attending({ batch: 1, tokens: 70, heads: 2, keyValueHeads: 1, headSize: 6, causal: true, softcap: 1.5, spread: 1.5 }),
  attending({ batch: 1, queries: 1, tokens: 9, heads: 4, keyValueHeads: 2, headSize: 5, causal: true, softcap: 2 }),
  attending({
    ...{ batch: 2, tokens: 6, heads: 2, headSize: 4, softcap: 3, scale: 0.7 },
    mask: [1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1],
  }),
  attending({ batch: 2, tokens: 6, heads: 4, keyValueHeads: 2, headSize: 4, causal: true, hasSinks: true }),
  attending({
    batch: 1,
    queries: 1,
    tokens: 9,
    heads: 4,
    keyValueHeads: 2,
    headSize: 4,
    window: 5,
    causal: true,
    hasSinks: true,
  }),
  // The first rows of the first example attend to nothing.
  attending({
    ...{ batch: 2, tokens: 5, heads: 4, keyValueHeads: 2, headSize: 4, causal: true, window: 3, hasSinks: true },
    mask: [0, 0, 1, 1, 1, 1, 1, 1, 1, 0],
  }),
  attending({ batch: 2, tokens: 9, heads: 1, headSize: 4, window: 3 }),
  attending({ batch: 1, tokens: 150, heads: 2, keyValueHeads: 1, headSize: 3, window: 9 }),
  attending({ batch: 1, queries: 3, tokens: 7, heads: 2, headSize: 3, window: 2 }),
  attending({ batch: 1, queries: 1, tokens: 70, heads: 2, headSize: 3, window: 4 }),
  attending({
    ...{ batch: 2, tokens: 8, heads: 2, headSize: 5, window: 3, softcap: 2, hasSinks: true },
    mask: [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
  }),
  bySegment,
];
