import type * as tf from '@tensorflow/tfjs-core';

/** x·weightᵀ + bias, and with factors scaling · x·Aᵀ·Bᵀ. */
export interface LinearProduct {
  /** [out, in] */
  readonly weight: tf.Tensor2D;
  /** True if the weight never changes, so that a backend may keep a packed form. */
  readonly isFrozen: boolean;
  /** [out] */
  readonly bias: tf.Tensor1D | null;
  /** A [r, in], B [out, r] */
  readonly factors: { readonly a: tf.Tensor; readonly b: tf.Tensor; readonly scaling: number } | null;
  /** True if x·weightᵀ may be computed in bfloat16, with sums in float32. */
  readonly bfloat16: boolean;
}

/** A layer of Llama's family, as `DecoderBlock` has it: the norms' scales, and what its linears are. */
export interface DecoderStepLayer {
  readonly window: number;
  readonly before: tf.Tensor1D;
  readonly after: tf.Tensor1D;
  readonly queryNorm: tf.Tensor1D | null;
  readonly keyNorm: tf.Tensor1D | null;
  readonly q: LinearProduct;
  readonly k: LinearProduct;
  readonly v: LinearProduct;
  readonly o: LinearProduct;
  readonly gate: LinearProduct;
  readonly up: LinearProduct;
  readonly down: LinearProduct;
}

/** The next token of each row through all layers of a decoder. */
export interface DecoderStep {
  /** [batch, width] */
  readonly hidden: tf.Tensor2D;
  /** [layers, 2, batch, capacity, keyValueHeads · headSize]: the keys and the values of `tokens` tokens; takes up the new ones. */
  readonly cache: tf.Tensor;
  /** Tokens before these; below the cache's capacity. */
  readonly tokens: number;
  /** Rotation of the new tokens, [1 or batch, headSize / 2]. */
  readonly rotary: { readonly cos: tf.Tensor2D; readonly sin: tf.Tensor2D };
  /** [batch, tokens + 1], 1 to attend, 0 for padding. */
  readonly mask: tf.Tensor2D | undefined;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly epsilon: number;
  readonly layers: readonly DecoderStepLayer[];
}
