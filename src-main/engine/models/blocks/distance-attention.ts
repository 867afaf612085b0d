import type * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { disentangledAttention } from '../../ops/attention/disentangled-attention.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import type { LinearRunner } from '../base-model.ts';

/** Linears for keys and queries of distances; null if scores have no such part. */
export interface DistanceLinears {
  readonly key: LinearModule | null;
  readonly query: LinearModule | null;
}

/** Names of the tensors that `embed` puts into the context, for every layer. */
export const distanceTensors = { rows: 'distances', ascending: 'ascending', descending: 'descending' } as const;

interface Shape {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly queryTokens: number;
  readonly mask?: tf.Tensor2D | undefined;
}

/** DeBERTa's attention, with the rows of the distances within the batch. */
export function distanceAttention(
  { q, k, v }: { readonly q: tf.Tensor2D; readonly k: tf.Tensor2D; readonly v: tf.Tensor2D },
  linears: DistanceLinears,
  shape: Shape,
  tensors: Readonly<Record<string, tf.Tensor>> = {},
  runner: LinearRunner,
): tf.Tensor2D {
  const take = (name: string): tf.Tensor2D => {
    const found = tensors[name];
    if (found === undefined) throw new Error(`attention by distances needs ${name}`);
    return as2D(found);
  };
  const rows = take(distanceTensors.rows);
  const distances = {
    keys: linears.key ? runner.linear(linears.key, rows) : null,
    queries: linears.query ? runner.linear(linears.query, rows) : null,
    ascending: take(distanceTensors.ascending),
    descending: take(distanceTensors.descending),
  };
  return disentangledAttention(q, k, v, distances, shape);
}
