import type { HostTensor } from '../../tensors/host-tensor.ts';
import { MagnitudeThreshold } from '../../tensors/magnitude-threshold.ts';
import type { ModuleMergeMethod } from '../merge-method.ts';
import { factorWeights } from '../spaces/factor-weights.ts';

/**
 * RobustMerge: trims each factor, scales every rank direction of B up by what the trimming took from its row of A, and
 * adds up; B is divided by the sum of the scales. Zeng et al. 2025, section 4; parameters and constants are the released
 * code's, whose `fuse_weight` multiplies both factors.
 */
export const robustMerge: ModuleMergeMethod = {
  declaration: {
    id: 'robustmerge',
    label: 'RobustMerge',
    summary: 'Trims the factors and scales their rank directions, so that weak directions survive the merge.',
    paper: {
      title: 'RobustMerge: Parameter-Efficient Model Merging for MLLMs with Direction Robustness',
      url: 'https://arxiv.org/abs/2502.17159',
    },
    parameters: [
      {
        name: 'mask_ratio',
        label: 'Share kept',
        type: 'number',
        default: 0.2,
        above: 0,
        maximum: 1,
        step: 0.05,
        help: 'Share of the entries of each factor that are kept, largest first.',
      },
      {
        name: 'att_ratio',
        label: 'Share of directions above the clamp',
        type: 'number',
        default: 0.2,
        above: 0,
        maximum: 1,
        step: 0.05,
        help: "Scales are raised to the one that this share of the adapter's rank directions reaches.",
      },
      {
        name: 'fuse_weight',
        label: 'Fuse weight',
        type: 'number',
        default: 2,
        above: 0,
        step: 0.5,
        help: 'Multiplies both factors of every adapter, so that ΔW grows with its square.',
      },
    ],
  },
  makes: 'adapter',
  needs: {
    equalRanks: true,
    equalTargets: false,
    negativeWeights: true,
    normalized: () => false,
    changesSingle: true,
  },
  mergeModule(updates, weights, { mask_ratio, att_ratio, fuse_weight }, { allocate }) {
    const [ratio, attention, fuse] = [Number(mask_ratio), Number(att_ratio), Number(fuse_weight)];
    const rank = updates[0]?.rank ?? 0;
    const inputs = updates[0]?.a.shape[1] ?? 0;
    const outputs = updates[0]?.b.shape[0] ?? 0;
    const shares = factorWeights(updates, weights);
    const a = allocate(rank * inputs).fill(0);
    const b = allocate(outputs * rank).fill(0);
    const divisor = new Float64Array(rank);
    for (const [index, update] of updates.entries()) {
      const [keptA, keptB] = [trimmed(update.a.data, ratio), trimmed(update.b.data, ratio)];
      const scales = clampFromBelow(rowScales(update.a, keptA), 1 - attention);
      for (let row = 0; row < rank; row++) divisor[row] = (divisor[row] ?? 0) + (scales[row] ?? 0);
      addScaled(a, keptA, [fuse * (shares.a[index] ?? 0)]);
      addScaled(
        b,
        keptB,
        Array.from(scales, (scale) => fuse * (shares.b[index] ?? 0) * scale),
      );
    }
    for (let at = 0; at < b.length; at++) b[at] = (b[at] ?? 0) / (divisor[at % rank] || 1);
    return { a: { shape: [rank, inputs], data: a }, b: { shape: [outputs, rank], data: b }, rank, scaling: 1 };
  },
};

/** Adds the values times the factors, which repeat. */
function addScaled(target: Float32Array, values: Float32Array, factors: readonly number[]): void {
  const width = factors.length;
  for (let at = 0; at < target.length; at++)
    target[at] = (target[at] ?? 0) + (factors[at % width] ?? 0) * (values[at] ?? 0);
}

/** The entries of at least the magnitude that ranks ⌊n · (1 − ratio)⌋th from below, as released; the others are 0. */
function trimmed(values: HostTensor['data'], ratio: number): Float32Array {
  const kept = new Float32Array(values);
  const magnitudes = new MagnitudeThreshold();
  magnitudes.countHigh(kept);
  magnitudes.choose(kept.length - Math.max(0, Math.trunc(kept.length * (1 - ratio)) - 1));
  magnitudes.countLow(kept);
  const threshold = magnitudes.value();
  for (let at = 0; at < kept.length; at++) if (!(Math.abs(kept[at] ?? 0) >= threshold)) kept[at] = 0;
  return kept;
}

/** ‖row‖₁ before / after trimming. A row of which nothing is left has the largest scale of the others. */
function rowScales({ shape: [rank = 0, inputs = 0], data }: HostTensor, kept: Float32Array): Float64Array {
  const scales = Float64Array.from({ length: rank }, (_, row) => {
    let [before, after] = [0, 0];
    for (let at = row * inputs; at < (row + 1) * inputs; at++) {
      before += Math.abs(data[at] ?? 0);
      after += Math.abs(kept[at] ?? 0);
    }
    return after === 0 ? Number.NaN : before / after;
  });
  const largest = scales.reduce((most, value) => Math.max(value, most), 1);
  return scales.map((value) => (Number.isNaN(value) ? largest : value));
}

/** Raises values below the one at the place ⌊n · share⌋ of the sorted values to it. */
function clampFromBelow(values: Float64Array, share: number): Float64Array {
  const least = values.slice().sort()[Math.trunc(values.length * share)] ?? 0;
  return values.map((value) => Math.max(value, least));
}
