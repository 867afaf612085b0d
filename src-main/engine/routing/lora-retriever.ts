import * as tf from '@tensorflow/tfjs-core';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { l2NormalizeRows } from '../ops/index.ts';
import type { Router, RowStates } from './router.ts';
import { topEqual, topKParameter } from './weights.ts';

const [selection, mixture, fusion] = ['selection', 'mixture', 'fusion'] as const;

const declaration: Declaration = {
  id: 'lora-retriever',
  label: 'LoraRetriever',
  summary: 'Gives each input to the adapters whose training rows have the most similar embeddings.',
  paper: {
    title: 'LoraRetriever: Input-Aware LoRA Retrieval and Composition for Mixed Tasks in the Wild',
    url: 'https://arxiv.org/abs/2402.09997',
  },
  parameters: [
    {
      name: 'composition',
      label: 'Composition',
      type: 'choice',
      default: mixture,
      choices: [
        { value: selection, label: 'Most similar adapter alone' },
        { value: mixture, label: 'Mean of the outputs' },
        { value: fusion, label: 'Mean of the factors A and B' },
      ],
      help: 'How the retrieved adapters act together. The mean of the factors needs equal ranks.',
    },
    { ...topKParameter(3), when: { name: 'composition', values: [mixture, fusion] } },
  ],
};

/**
 * Zhao et al. 2024: an adapter is represented by the mean embedding of training rows, and an input retrieves the adapters of
 * the highest cosine similarity, each with the same weight. Embeddings are the base's mean states here.
 */
export const loraRetriever: Router = {
  declaration,
  needs: { rows: true, reads: 'input', equalRanks: ({ composition }) => composition === fusion },
  async open({ states, parameters: { composition, top_k } }) {
    const all = await states();
    const width = all[0]?.width ?? 0;
    const prototypes = Float32Array.from(all.flatMap((rows) => [...meanDirection(rows)]));
    const top = composition === selection ? 1 : Number(top_k);
    return {
      kind: 'rows',
      combines: composition === fusion ? 'parameters' : 'outputs',
      weights(reading) {
        const known = tf.tensor2d(prototypes, [all.length, width]);
        return topEqual(tf.matMul(l2NormalizeRows(reading.baseStates()), known, false, true), top);
      },
    };
  },
};

/** Mean of the rows scaled to length 1, scaled to length 1 again. */
export function meanDirection({ values, width }: RowStates): Float64Array {
  const mean = new Float64Array(width);
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const norm = lengthOf(row);
    for (const [at, value] of row.entries()) mean[at] = (mean[at] ?? 0) + value / norm;
  }
  const norm = lengthOf(mean);
  return mean.map((value) => value / norm);
}

function lengthOf(vector: Float32Array | Float64Array): number {
  let squares = 0;
  for (const value of vector) squares += value ** 2;
  return Math.sqrt(squares) || 1;
}
