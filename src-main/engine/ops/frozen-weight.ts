import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../formats/host-tensor.ts';

/**
 * The frozen weight of a linear in both layouts, each made once: [in, out] for y = x·W, [out, in] (as checkpoints store it)
 * for the gradient dx = dy·Wᵀ. wasm packs a product's right-hand side once per tensor, so a frozen one is packed only once.
 */
export class FrozenWeight {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [out], or null. */
  readonly bias: tf.Tensor1D | null;
  /** Whether a backend may multiply by it in bfloat16, with sums in float32. */
  readonly bfloat16: boolean;
  private readonly original: Layouts;
  private replaced: Layouts | null = null;

  /** `weight` [out, in], `bias` [out]. */
  constructor(weight: HostTensor, bias: HostTensor | null, bfloat16 = false) {
    const [outFeatures, inFeatures] = weight.shape;
    if (weight.shape.length !== 2 || outFeatures === undefined || inFeatures === undefined)
      throw new Error(`a linear's weight is a matrix, not [${weight.shape.join(', ')}]`);
    this.bfloat16 = bfloat16;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.original = layouts(weight.data, outFeatures, inFeatures);
    this.bias = bias === null ? null : tf.keep(tf.tensor1d(bias.data, 'float32'));
  }

  /** [in, out], for the forward product. */
  get inputMajor(): tf.Tensor2D {
    return (this.replaced ?? this.original).inputMajor;
  }

  /** [out, in], as stored; also what the backward product needs. */
  get outputMajor(): tf.Tensor2D {
    return (this.replaced ?? this.original).outputMajor;
  }

  /** Whether other values stand in for the original ones. */
  get isReplaced(): boolean {
    return this.replaced !== null;
  }

  /** Lets `values` [out, in] stand in for the weight, e.g. with an adapter merged into it. */
  replace(values: Float32Array): void {
    if (values.length !== this.inFeatures * this.outFeatures)
      throw new Error(`${values.length} values for a weight of ${this.outFeatures} × ${this.inFeatures}`);
    const next = layouts(values, this.outFeatures, this.inFeatures);
    this.restore();
    this.replaced = next;
  }

  /** Back to the original weight, bit for bit: it was never touched. */
  restore(): void {
    if (this.replaced !== null) tf.dispose([this.replaced.inputMajor, this.replaced.outputMajor]);
    this.replaced = null;
  }

  dispose(): void {
    this.restore();
    tf.dispose([this.original.inputMajor, this.original.outputMajor]);
    this.bias?.dispose();
  }
}

interface Layouts {
  readonly inputMajor: tf.Tensor2D;
  readonly outputMajor: tf.Tensor2D;
}

function layouts(values: HostTensor['data'], outFeatures: number, inFeatures: number): Layouts {
  return tf.tidy(() => {
    const outputMajor = tf.keep(tf.tensor2d(values, [outFeatures, inFeatures], 'float32'));
    const inputMajor = tf.keep(tf.transpose(outputMajor));
    return { inputMajor, outputMajor };
  });
}
