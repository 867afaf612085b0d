import { type AdapterRecord, baseNameOf } from '../../../src-shared/domain/adapters/adapter.ts';
import { type MergeWeight, meanWeight } from '../../../src-shared/domain/merging/merge.ts';
import { rankText } from '../../../src-shared/domain/parameters/parameter-values.ts';
import { matchesWords } from '../../components/table/match-words.ts';

/** One adapter on the bench. A weight by layer counts with its mean in sums; a locked one is left alone by Normalize. */
export interface BenchItem {
  readonly adapterId: string;
  readonly weight: MergeWeight;
  readonly locked: boolean;
}

export type Bench = readonly BenchItem[];

/** Adds an adapter once; with each one added the free weights become equal shares of what the locked ones leave. */
export function addToBench(bench: Bench, adapterId: string): Bench {
  if (bench.some((item) => item.adapterId === adapterId)) return bench;
  return equalShares([...bench, { adapterId, weight: 0, locked: false }]);
}

export function removeFromBench(bench: Bench, adapterId: string): Bench {
  return bench.filter((item) => item.adapterId !== adapterId);
}

/** Puts an adapter at another place in the order; a place beyond the ends is the end. */
export function moveOnBench(bench: Bench, adapterId: string, to: number): Bench {
  const from = bench.findIndex((item) => item.adapterId === adapterId);
  const place = Math.max(0, Math.min(bench.length - 1, to));
  const item = bench[from];
  if (item === undefined || place === from) return bench;
  const others = bench.filter((other) => other !== item);
  return [...others.slice(0, place), item, ...others.slice(place)];
}

export function setWeight(bench: Bench, adapterId: string, weight: MergeWeight): Bench {
  return bench.map((item) => (item.adapterId === adapterId ? { ...item, weight } : item));
}

export function toggleLock(bench: Bench, adapterId: string): Bench {
  return bench.map((item) => (item.adapterId === adapterId ? { ...item, locked: !item.locked } : item));
}

/** Every free weight 1 / n of what the locked ones leave of 1. */
export function equalShares(bench: Bench): Bench {
  const free = bench.filter((item) => !item.locked).length;
  const share = round((1 - lockedSum(bench)) / free);
  return bench.map((item) => (item.locked ? item : { ...item, weight: share }));
}

/**
 * Scales the free weights so that all weights sum to 1; locked ones stay. If the free weights sum to zero, scaling is
 * impossible and they become equal shares.
 */
export function normalize(bench: Bench): Bench {
  const freeSum = bench.reduce((sum, item) => (item.locked ? sum : sum + meanWeight(item.weight)), 0);
  if (Math.abs(freeSum) < 1e-12) return equalShares(bench);
  const factor = (1 - lockedSum(bench)) / freeSum;
  return bench.map((item) => (item.locked ? item : { ...item, weight: scaled(item.weight, factor) }));
}

export function weightSum(bench: Bench): number {
  return bench.reduce((sum, item) => sum + meanWeight(item.weight), 0);
}

function scaled(weight: MergeWeight, factor: number): MergeWeight {
  return typeof weight === 'number' ? round(weight * factor) : weight.map((value) => round(value * factor));
}

/** Steps of 1e-6 keep 1/3 short enough to read and exact enough to merge by. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function lockedSum(bench: Bench): number {
  return bench.reduce((sum, item) => (item.locked ? sum + meanWeight(item.weight) : sum), 0);
}

/** A weight as a row shows it while nobody types into it: three digits of a fraction are enough to compare by. */
export function shortWeight(weight: MergeWeight): string {
  return [weight]
    .flat()
    .map((value) => String(Number(value.toFixed(3))))
    .join(', ');
}

/** Adapters whose name, variant, targets or dataset hold every word of `search`. */
export function filterAdapters(adapters: readonly AdapterRecord[], search: string): AdapterRecord[] {
  return adapters.filter((adapter) => {
    const text = [
      adapter.name,
      adapter.variant,
      rankText(adapter.parameters) ?? '',
      adapter.datasetId ?? '',
      baseNameOf(adapter),
      adapter.origin.kind,
      adapter.coto ? 'coto' : '',
      ...adapter.tags,
      ...adapter.targetModules,
    ].join(' ');
    return matchesWords(text, search);
  });
}

/** A color for a base model by its fingerprint: the hue alone varies, so that both themes keep their contrast. */
export function baseHue(fingerprint: string): number {
  let hash = 0;
  for (const character of fingerprint) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  return ((hash % 360) + 360) % 360;
}
