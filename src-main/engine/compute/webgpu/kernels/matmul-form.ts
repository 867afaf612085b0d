import type { StoredEncoding } from '../../../tensors/stored-matrix.ts';
import type { FactoredForm } from './factored-operand.ts';
import type { MatmulTile } from './matmul-tiles.ts';
import type { SubgroupMatrices } from './subgroup-matrices.ts';

/**
 * Content of the left operand of a float16 product, which determines the power-of-two scale before rounding: gradients
 * are small.
 */
export type RoundedOperand = 'values' | 'gradients';

/** Properties that distinguish programs for products. */
export interface MatmulForm {
  readonly tile: MatmulTile;
  /** Operands are float16 in a workgroup's memory; null: float32. */
  readonly rounded: RoundedOperand | null;
  /** Matrices that subgroups multiply; null: each invocation multiplies by itself. */
  readonly matrices: SubgroupMatrices | null;
  /** a is stored [k, rows]. */
  readonly transposeA: boolean;
  /** b is stored [columns, k]. */
  readonly transposeB: boolean;
  /** Encoding of b's buffer; null for plain values. */
  readonly encoding: StoredEncoding | null;
  /** True if the columns of a, as stored, are multiplied by a vector. */
  readonly hasColumnScale: boolean;
  /** b is made of its values and of low-rank factors as it is read; null if it is not. */
  readonly factored: FactoredForm | null;
  /** Layout of a second product that is added. */
  readonly second: { readonly transposeB: boolean } | null;
  /** True if the columns of both products are multiplied by a vector, and also stored before that. */
  readonly hasGain: boolean;
  readonly hasBias: boolean;
  readonly hasAddend: boolean;
  readonly hasMultiplier: boolean;
  /** Encoding of the multiplier's buffer, if b's has plain values. */
  readonly multiplierEncoding: StoredEncoding | null;
  /** True if the rows of all matrices are multiples of four. */
  readonly isAligned: boolean;
}

/**
 * Tiles of a and b in a workgroup's memory, as fours along k or along the rows or columns, whichever lie side by side in memory:
 * `dot` for a·bᵀ (both along k), `mixed` for a·b, `outer` for aᵀ·b (both across k).
 */
export type Inner = 'dot' | 'mixed' | 'outer';

export function innerOf({ transposeA, transposeB }: Pick<MatmulForm, 'transposeA' | 'transposeB'>): Inner {
  if (transposeB) return 'dot';
  return transposeA ? 'outer' : 'mixed';
}

export function isAlongK(inner: Inner, name: string): boolean {
  return inner === 'dot' || (inner === 'mixed' && name.startsWith('a'));
}

/** 0 to count − 1. */
export const steps = (count: number) => Array.from({ length: count }, (_, index) => index);
export const lines = (parts: readonly string[]) => parts.join('\n');
