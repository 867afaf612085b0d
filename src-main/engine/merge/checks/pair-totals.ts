import type { PairMeasures } from '../../../../src-shared/domain/merging/mergeability.ts';
import { matmul, type Svd, transpose } from '../../linalg/index.ts';

/** The overlap of two subspaces, and its mean and variance if they were random. */
interface Overlap {
  readonly value: number;
  readonly mean: number;
  readonly variance: number;
}

export interface ModuleMeasures {
  /** Null where one of the two adapters lacks the module. */
  readonly overlap: Overlap | null;
  /** ⟨ΔW₁, ΔW₂⟩, and its variance if the directions were random. */
  readonly inner: number;
  readonly innerVariance: number;
  /** ‖ΔW‖² of each, without and with its weight. */
  readonly energies: readonly [number, number];
  readonly strengths: readonly [number, number];
  /** Σ min(|x|, |y|) over the entries, and over those of opposite signs. */
  readonly common: number;
  readonly opposed: number;
}

/** Sums of a pair over modules. */
export class PairTotals {
  private overlaps: Overlap[] = [];
  private inner = 0;
  private innerVariance = 0;
  private energies = [0, 0];
  private strengths = [0, 0];
  private common = 0;
  private opposed = 0;

  add({ overlap, inner, innerVariance, energies, strengths, common, opposed }: ModuleMeasures): void {
    if (overlap) this.overlaps.push(overlap);
    this.inner += inner;
    this.innerVariance += innerVariance;
    this.energies = this.energies.map((sum, index) => sum + (energies[index] ?? 0));
    this.strengths = this.strengths.map((sum, index) => sum + (strengths[index] ?? 0));
    this.common += common;
    this.opposed += opposed;
  }

  /** Null where the two have no module in common. */
  measures(): PairMeasures | null {
    const count = this.overlaps.length;
    if (count === 0) return null;
    const mean = (of: (overlap: Overlap) => number) => this.overlaps.reduce((sum, one) => sum + of(one), 0) / count;
    const [overlap, expected] = [mean(({ value }) => value), mean((one) => one.mean)];
    const deviation = Math.sqrt(mean(({ variance }) => variance) / count);
    const norms = Math.sqrt((this.energies[0] ?? 0) * (this.energies[1] ?? 0));
    const [weaker = 0, stronger = 0] = this.strengths.map(Math.sqrt).sort((one, other) => one - other);
    return {
      overlap,
      expected,
      deviations: deviation === 0 ? 0 : (overlap - expected) / deviation,
      cosine: norms === 0 ? 0 : this.inner / norms,
      cosineDeviations: this.innerVariance === 0 ? 0 : this.inner / Math.sqrt(this.innerVariance),
      conflict: this.common === 0 ? 0 : this.opposed / this.common,
      balance: stronger === 0 ? 1 : weaker / stronger,
    };
  }

  /** Measures of adapters without a common module. */
  empty(): PairMeasures {
    const nothing = { overlap: 0, expected: 0, deviations: 0, cosine: 0, cosineDeviations: 0, conflict: 0 };
    return { ...nothing, balance: 1 };
  }
}

/**
 * Overlap and inner product of two ΔW = U·S·Vᵀ. The overlap of a side is ‖U₁ᵀU₂‖² / min(r₁, r₂), the mean cos² of the
 * principal angles; for random subspaces of ℝⁿ its mean is max(r₁, r₂) / n, and ‖U₁ᵀU₂‖² has the variance
 * 2r₁r₂(n − r₁)(n − r₂) / (n²(n − 1)(n + 2)). Both sides are averaged. The inner product of ΔW of random directions has
 * the mean 0 and the variance ‖ΔW₁‖²‖ΔW₂‖² / (out · in).
 */
export function overlapOf(one: Svd, other: Svd): Pick<ModuleMeasures, 'overlap' | 'inner' | 'innerVariance'> {
  const [ranks, otherRanks] = [one.s.length, other.s.length];
  if (ranks === 0 || otherRanks === 0) return { overlap: null, inner: 0, innerVariance: 0 };
  const left = matmul(transpose(one.u), other.u).data;
  const right = matmul(one.vt, transpose(other.vt)).data;
  const sides = [
    { products: left, size: one.u.shape[0] },
    { products: right, size: one.vt.shape[1] },
  ].map(({ products, size }) => sideOverlap(products, size, ranks, otherRanks));
  let inner = 0;
  for (let i = 0; i < ranks; i++)
    for (let j = 0; j < otherRanks; j++) {
      const at = i * otherRanks + j;
      inner += (one.s[i] ?? 0) * (other.s[j] ?? 0) * (left[at] ?? 0) * (right[at] ?? 0);
    }
  const energies = [one, other].map(({ s }) => s.reduce((sum, value) => sum + value * value, 0));
  return {
    overlap: {
      value: sides.reduce((sum, side) => sum + side.value, 0) / 2,
      mean: sides.reduce((sum, side) => sum + side.mean, 0) / 2,
      variance: sides.reduce((sum, side) => sum + side.variance, 0) / 4,
    },
    inner,
    innerVariance: ((energies[0] ?? 0) * (energies[1] ?? 0)) / (one.u.shape[0] * one.vt.shape[1]),
  };
}

function sideOverlap(products: Float64Array, n: number, r: number, s: number): Overlap {
  const least = Math.min(r, s);
  const variance = n < 2 ? 0 : (2 * r * s * (n - r) * (n - s)) / (n * n * (n - 1) * (n + 2));
  return {
    value: products.reduce((sum, value) => sum + value * value, 0) / least,
    mean: Math.max(r, s) / n,
    variance: variance / (least * least),
  };
}
