import * as tf from '@tensorflow/tfjs-core';
import { asRows } from '../../ops/indexing/as-rows.ts';
import type { FrozenVector } from '../../ops/linear/frozen-vector.ts';
import { layerNorm } from '../../ops/normalization/layer-norm.ts';
import { rmsNorm } from '../../ops/normalization/rms-norm.ts';
import type { NormLayout } from '../decoder/part.ts';
import type { FrozenTensors } from './weights.ts';

/** A norm of a decoder with its tensors. */
export interface DecoderNorm {
  readonly layout: NormLayout;
  /** With the layout's offset. */
  readonly scale: tf.Tensor1D;
  /** Null of a root-mean-square norm. */
  readonly shift: Pick<FrozenVector, 'tensor'> | null;
}

/** @param key name of the norm in the checkpoint */
export async function loadDecoderNorm(layout: NormLayout, key: string, tensors: FrozenTensors): Promise<DecoderNorm> {
  const { kind, size, offset, hasScale, hasShift } = layout;
  const scale = hasScale ? await tensors.loadVector(`${key}.weight`, offset) : tensors.own(tf.ones<tf.Rank.R1>([size]));
  if (kind === 'rms') return { layout, scale, shift: null };
  const shift = hasShift
    ? await tensors.loadBias(`${key}.bias`)
    : { tensor: tensors.own(tf.zeros<tf.Rank.R1>([size])) };
  return { layout, scale, shift };
}

/** Normalizes each part of `size` values of the rows. */
export function applyDecoderNorm({ layout, scale, shift }: DecoderNorm, x: tf.Tensor2D): tf.Tensor2D {
  const parted = asRows(x, layout.size);
  const normalized =
    shift === null ? rmsNorm(parted, scale, layout.epsilon) : layerNorm(parted, scale, shift.tensor, layout.epsilon);
  return asRows(normalized, x.shape[1]);
}
