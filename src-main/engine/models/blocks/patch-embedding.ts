import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../../ops/autograd/operation.ts';
import type { FrozenVector } from '../../ops/linear/frozen-vector.ts';
import { matmul } from '../../ops/linear/matmul.ts';
import { trainedLinear } from '../../ops/linear/trained-linear.ts';
import type { HiddenStates } from '../base-model.ts';

/** Patches of an image, projected to the hidden size, after leading tokens, with positions added. */
export interface PatchEmbedding {
  readonly image: { readonly height: number; readonly width: number; readonly channels: number };
  readonly patch: { readonly height: number; readonly width: number };
  /** [hidden, channels · patch height · patch width] */
  readonly projection: tf.Tensor2D;
  readonly bias: Pick<FrozenVector, 'tensor'> | null;
  /** Tokens before the patches, e.g. the class token, each tensor [1, count, hidden]. */
  readonly leading: readonly tf.Tensor[];
  /** [1, positioned + patches, hidden]; null: there are none, or the caller adds them. */
  readonly positions: tf.Tensor | null;
  /** Number of leading tokens with a position; the others follow them. Default: all. */
  readonly positioned?: number;
  /** Matrix [patches, learned positions] that fits positions to the image's size; default: the positions fit. */
  readonly resizing?: tf.Tensor2D;
}

/** pixels [batch, channels, height, width] → [batch · (leading + patches), hidden]. Throws if the image has another size. */
export function embedPatches(embedding: PatchEmbedding, pixels: tf.Tensor): HiddenStates {
  const { image, patch } = embedding;
  const [batch = 0, ...size] = pixels.shape;
  if (size.join() !== [image.channels, image.height, image.width].join())
    throw new Error(`images of shape [${size.join(', ')}] for a model of [${Object.values(image).join(', ')}]`);
  const rows = Math.floor(image.height / patch.height);
  const columns = Math.floor(image.width / patch.width);
  const patches = rows * columns;
  const hidden = embedding.projection.shape[0];
  return tf.tidy(() => {
    const cut = tf.slice(pixels, [0, 0, 0, 0], [batch, image.channels, rows * patch.height, columns * patch.width]);
    const grid = tf.reshape(cut, [batch * image.channels, rows, patch.height, columns, patch.width]);
    // To [batch, rows, columns, channels, patch height, patch width], the order of the filters, five axes at a time.
    const blocks = tf.reshape(tf.transpose(grid, [0, 1, 3, 2, 4]), [
      batch,
      image.channels,
      patches,
      patch.height * patch.width,
    ]);
    const unfolded = tf.reshape(tf.transpose(blocks, [0, 2, 1, 3]), [
      batch * patches,
      image.channels * patch.height * patch.width,
    ]);
    const projected = tf.reshape(project(embedding, as2D(unfolded)), [batch, patches, hidden]);
    const placed = withLeading(embedding, projected);
    const [, tokens = patches] = placed.shape;
    return { hidden: as2D(tf.reshape(placed, [batch * tokens, hidden])), batch, tokens };
  });
}

/** Patches [batch, patches, hidden] after the leading tokens, with positions. */
function withLeading({ leading, positions, positioned, resizing }: PatchEmbedding, patches: tf.Tensor): tf.Tensor {
  const [batch = 0] = patches.shape;
  const rows = leading.map((token) => tf.tile(token, [batch, 1, 1]));
  const placed: tf.Tensor[] = [];
  for (let count = 0; rows.length > 0 && count < (positioned ?? Number.POSITIVE_INFINITY); ) {
    const [row] = rows.splice(0, 1);
    if (row === undefined) break;
    placed.push(row);
    count += row.shape[1] ?? 0;
  }
  const whole = placed.length === 0 ? patches : tf.concat([...placed, patches], 1);
  if (positions === null) return whole;
  const own = resizing === undefined ? positions : resizedPositions(positions, positioned ?? 0, resizing);
  const sum = tf.add(whole, own);
  if (rows.length === 0) return sum;
  const [first, width = 0] = [positioned ?? 0, sum.shape[2]];
  const head = tf.slice(sum, [0, 0, 0], [batch, first, width]);
  return tf.concat([head, ...rows, tf.slice(sum, [0, first, 0], [batch, -1, width])], 1);
}

/** Positions [1, positioned + places, hidden] whose places are combined by `resizing` [patches, places]. */
export function resizedPositions(positions: tf.Tensor, positioned: number, resizing: tf.Tensor2D): tf.Tensor {
  return tf.tidy(() => {
    const all = as2D(tf.squeeze(positions, [0]));
    const [count, hidden] = all.shape;
    const places = tf.slice(all, [positioned, 0], [count - positioned, hidden]);
    const fitted = tf.matMul(resizing, places);
    const whole = positioned === 0 ? fitted : tf.concat([tf.slice(all, [0, 0], [positioned, hidden]), fitted], 0);
    return tf.expandDims(whole, 0);
  });
}

function project({ projection, bias }: PatchEmbedding, x: tf.Tensor2D): tf.Tensor2D {
  const shift = bias?.tensor ?? null;
  if (projection instanceof tf.Variable) return trainedLinear(x, projection, shift);
  return matmul(x, projection, { transposeB: true, bias: shift ?? undefined, frozen: true });
}
