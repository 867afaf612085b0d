import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { quantileOf } from '../../../../src-shared/statistics/quantile.ts';
import type { MergedUpdate } from '../merge-method.ts';
import type { RankCut } from './cut-rank.ts';

/**
 * Parameters of merges that end in an SVD, with PEFT's names. `svd_full_matrices` and `svd_driver` are left out: they
 * choose how PyTorch computes the decomposition, not what comes of it.
 * @param empty what the rank is if it is not set, in words
 */
export function rankParameters(empty: string): ParameterSpec[] {
  return [
    {
      name: 'svd_rank',
      label: 'Rank of the merge',
      type: 'integer',
      default: null,
      nullable: true,
      empty,
      minimum: 1,
      maximum: 4096,
      step: 1,
      help: 'The merged ΔW of each module is cut to this rank by SVD; the energy that the cut keeps is reported.',
    },
    {
      name: 'energy',
      label: 'Energy share',
      type: 'number',
      default: 1,
      above: 0,
      maximum: 1,
      step: 0.01,
      advanced: true,
      help: 'Below 1, each module keeps the fewest singular values whose squares reach this share, at most the rank.',
    },
    {
      name: 'svd_clamp',
      label: 'Clamp quantile',
      type: 'number',
      default: null,
      nullable: true,
      empty: 'no clamping',
      above: 0,
      maximum: 1,
      step: 0.01,
      advanced: true,
      help: 'Limits the entries of the factors after the SVD to this quantile of them, as PEFT does. Seldom of use.',
    },
  ];
}

/** The values of `rankParameters`; `usual` is the rank if none is set. */
export function rankCut({ svd_rank, energy }: ParameterValues, usual: number): RankCut {
  const rank = svd_rank === null || svd_rank === undefined ? usual : Number(svd_rank);
  return Number(energy ?? 1) < 1 ? { rank, energy: Number(energy) } : { rank };
}

/**
 * B and A limited to ± the quantile `svd_clamp` of their entries, both together. It depends on the signs of singular
 * vectors, which are free: here the largest entry of each column of B is positive.
 */
export function clampFactors(update: MergedUpdate, { svd_clamp }: ParameterValues): MergedUpdate {
  if (svd_clamp === null || svd_clamp === undefined) return update;
  return { ...update, ...clamped(signed(update), Number(svd_clamp)) };
}

/** Factors clipped to ± the quantile of their entries. */
export function clamped({ a, b }: Pick<MergedUpdate, 'a' | 'b'>, share: number): Pick<MergedUpdate, 'a' | 'b'> {
  const entries = new Float64Array(a.data.length + b.data.length);
  entries.set(b.data);
  entries.set(a.data, b.data.length);
  const limit = quantileOf(entries.sort(), share);
  const clamp = (value: number) => Math.min(limit, Math.max(-limit, value));
  return {
    a: { ...a, data: Float32Array.from(a.data, clamp) },
    b: { ...b, data: Float32Array.from(b.data, clamp) },
  };
}

/** The same B·A, the entry of largest magnitude of each column of B positive. */
function signed({ a, b, rank }: MergedUpdate): Pick<MergedUpdate, 'a' | 'b'> {
  const largest = new Float64Array(rank);
  b.data.forEach((value, at) => {
    if (Math.abs(value) > Math.abs(largest[at % rank] ?? 0)) largest[at % rank] = value;
  });
  const inputs = a.shape[1] ?? 0;
  const signs = largest.map((value) => (value < 0 ? -1 : 1));
  return {
    a: { ...a, data: Float32Array.from(a.data, (value, at) => value * (signs[Math.floor(at / inputs)] ?? 1)) },
    b: { ...b, data: Float32Array.from(b.data, (value, at) => value * (signs[at % rank] ?? 1)) },
  };
}
