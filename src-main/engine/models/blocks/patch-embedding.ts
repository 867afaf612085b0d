import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../../ops/autograd/operation.ts';
import type { FrozenVector } from '../../ops/linear/frozen-vector.ts';
import { matmul } from '../../ops/linear/matmul.ts';
import { trainedLinear } from '../../ops/linear/trained-linear.ts';
import type { HiddenStates } from '../base-model.ts';

/** Patches of an image, projected to the hidden size, after a class token, with positions added. */
export interface PatchEmbedding {
  readonly image: { readonly height: number; readonly width: number; readonly channels: number };
  readonly patch: { readonly height: number; readonly width: number };
  /** [hidden, channels · patch height · patch width] */
  readonly projection: tf.Tensor2D;
  readonly bias: Pick<FrozenVector, 'tensor'> | null;
  /** [1, 1, hidden] */
  readonly classToken: tf.Tensor;
  /** [1, 1 + patches, hidden]; null: the caller adds them. */
  readonly positions: tf.Tensor | null;
}

/** pixels [batch, channels, height, width] → [batch · (1 + patches), hidden]. Throws if the image has another size. */
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
    const whole = tf.concat([tf.tile(embedding.classToken, [batch, 1, 1]), projected], 1);
    const placed = embedding.positions ? tf.add(whole, embedding.positions) : whole;
    return { hidden: as2D(tf.reshape(placed, [batch * (patches + 1), hidden])), batch, tokens: patches + 1 };
  });
}

function project({ projection, bias }: PatchEmbedding, x: tf.Tensor2D): tf.Tensor2D {
  const shift = bias?.tensor ?? null;
  if (projection instanceof tf.Variable) return trainedLinear(x, projection, shift);
  return matmul(x, projection, { transposeB: true, bias: shift ?? undefined, frozen: true });
}
