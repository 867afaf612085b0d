import type { ActivationMasks, ActivationShares } from '../domain/runs/run-history.ts';

/** Activation masks folded incrementally into at most `limit` buckets: on overflow the bucket width doubles. */
export class GrowingShares {
  private readonly groupCount: number;
  private readonly limit: number;
  private width: number;
  /** Number of the first bucket: its first step is `first * width`. */
  private first: number;
  private length: number;
  private nextStep: number;
  private shown: ActivationShares | null = null;
  private readonly counts: Uint32Array<ArrayBuffer>;
  private readonly on: Uint32Array<ArrayBuffer>;

  constructor(groupCount: number, limit: number, known?: ActivationShares) {
    this.groupCount = groupCount;
    this.limit = Math.max(1, limit);
    const capacity = Math.max(this.limit, known?.counts.length ?? 0);
    this.counts = new Uint32Array(capacity);
    this.on = new Uint32Array(capacity * groupCount);
    this.width = known?.width ?? 1;
    this.length = known?.counts.length ?? 0;
    this.first = known === undefined ? 0 : known.firstStep / known.width;
    this.nextStep = known?.nextStep ?? 0;
    if (known) {
      this.counts.set(known.counts);
      this.on.set(known.on);
      while (this.length > this.limit) this.widen();
    }
  }

  /** Changes when there is a new bucket, not when the last one grows. */
  get extent(): number {
    return this.length + this.width;
  }

  /** Adds masks of later steps; returns false and changes nothing if they overlap steps added already. */
  add({ firstStep, groupCount, bytes }: ActivationMasks): boolean {
    if (groupCount !== this.groupCount || (this.length > 0 && firstStep < this.nextStep)) return false;
    this.shown = null;
    const steps = Math.floor(bytes.length / groupCount);
    for (let index = 0; index < steps; index++) {
      const at = this.bucketOf(firstStep + index);
      this.counts[at] = (this.counts[at] ?? 0) + 1;
      for (let group = 0; group < groupCount; group++) {
        const cell = at * groupCount + group;
        this.on[cell] = (this.on[cell] ?? 0) + (bytes[index * groupCount + group] === 0 ? 0 : 1);
      }
    }
    this.nextStep = firstStep + steps;
    return true;
  }

  /**
   * The shares as they are now (the same object until a step is added), or null where none was. The columns are the
   * buffers themselves.
   */
  view(): ActivationShares | null {
    if (this.length === 0) return null;
    this.shown ??= {
      firstStep: this.first * this.width,
      nextStep: this.nextStep,
      width: this.width,
      groupCount: this.groupCount,
      counts: this.counts.subarray(0, this.length),
      on: this.on.subarray(0, this.length * this.groupCount),
    };
    return this.shown;
  }

  /** Widens the buckets to at least `width` steps (a power of two). */
  widenTo(width: number): void {
    this.shown = null;
    while (this.width < width) this.widen();
  }

  /** The bucket of a step; created if missing. */
  private bucketOf(step: number): number {
    if (this.length === 0) this.first = Math.floor(step / this.width);
    let at = Math.floor(step / this.width) - this.first;
    while (at >= this.limit) {
      this.widen();
      at = Math.floor(step / this.width) - this.first;
    }
    this.length = Math.max(this.length, at + 1);
    return at;
  }

  /** Doubles the bucket width. If the first bucket is the second half of a wider one, the wider one starts with it. */
  private widen(): void {
    const { groupCount } = this;
    const first = Math.floor(this.first / 2);
    const length = Math.floor((this.first + this.length - 1) / 2) - first + 1;
    for (let at = 0; at < length; at++) {
      const left = (first + at) * 2 - this.first;
      this.counts[at] = this.countAt(left) + this.countAt(left + 1);
      for (let group = 0; group < groupCount; group++)
        this.on[at * groupCount + group] = this.onAt(left, group) + this.onAt(left + 1, group);
    }
    this.counts.fill(0, length);
    this.on.fill(0, length * groupCount);
    this.width *= 2;
    this.first = first;
    this.length = length;
  }

  private countAt(bucket: number): number {
    return bucket < 0 || bucket >= this.length ? 0 : (this.counts[bucket] ?? 0);
  }

  private onAt(bucket: number, group: number): number {
    return bucket < 0 || bucket >= this.length ? 0 : (this.on[bucket * this.groupCount + group] ?? 0);
  }
}

/** Folds masks into at most `limit` buckets; null if there are none. */
export function foldMasks(masks: ActivationMasks, limit: number): ActivationShares | null {
  if (masks.groupCount === 0) return null;
  const shares = new GrowingShares(masks.groupCount, limit);
  shares.add(masks);
  return shares.view();
}
