import type * as tf from '@tensorflow/tfjs-core';
import type { SubgroupMatrices } from './kernels/subgroup-matrices.ts';

export type ProductPathId = 'float32' | 'float16' | 'subgroup-matrices';

/** A way to compute large products by a matrix. */
export interface ProductPath {
  readonly id: ProductPathId;
  /** For people and the reports, e.g. "tiles of float16". */
  readonly label: string;
  /** Operands are rounded to float16 on their way into a workgroup's memory. */
  readonly isRounded: boolean;
  /** Null: every invocation multiplies by itself. */
  readonly matrices: SubgroupMatrices | null;
}

/** Path that every card supports. */
export const plainPath: ProductPath = { id: 'float32', label: 'tiles of float32', isRounded: false, matrices: null };

/**
 * Methods of products on a device: the fastest for a matrix that may be rounded, the fastest exact one for any other.
 */
export class ProductPaths {
  exact: ProductPath = plainPath;
  rounded: ProductPath = plainPath;
  /** By the data of the matrices. */
  private readonly roundable = new WeakSet<object>();

  /** Lets products by this frozen matrix [out, in] round it, and what it is multiplied by, to float16. */
  allowRounding({ dataId }: tf.TensorInfo): void {
    this.roundable.add(dataId);
  }

  /** Returns the method of a product by b. */
  of({ dataId }: tf.TensorInfo): ProductPath {
    return this.roundable.has(dataId) ? this.rounded : this.exact;
  }
}
