import type { Curve } from '../domain/runs/run-history.ts';

/**
 * A curve that grows in place up to `limit` buckets: on overflow the bucket width doubles. Adding a value takes
 * amortized constant time.
 */
export class GrowingCurve {
  private readonly metric: string;
  private readonly limit: number;
  private width: number;
  private length: number;
  private shown: Curve | null = null;
  private readonly counts: Uint32Array<ArrayBuffer>;
  private readonly steps: Float64Array<ArrayBuffer>;
  private readonly ends: Int32Array<ArrayBuffer>;
  private readonly min: Float64Array<ArrayBuffer>;
  private readonly max: Float64Array<ArrayBuffer>;
  private readonly mean: Float64Array<ArrayBuffer>;

  /** @param limit most buckets that are kept, at least 1. */
  constructor(metric: string, limit: number, known?: Curve) {
    this.metric = metric;
    this.limit = Math.max(1, limit);
    const capacity = Math.max(this.limit, known?.counts.length ?? 0);
    this.counts = new Uint32Array(capacity);
    this.steps = new Float64Array(capacity);
    this.ends = new Int32Array(capacity);
    this.min = new Float64Array(capacity);
    this.max = new Float64Array(capacity);
    this.mean = new Float64Array(capacity);
    this.width = known?.width ?? 1;
    this.length = known?.counts.length ?? 0;
    if (known) {
      this.counts.set(known.counts);
      this.steps.set(known.steps);
      this.ends.set(known.ends);
      this.min.set(known.min);
      this.max.set(known.max);
      this.mean.set(known.mean);
      this.shrink();
    }
  }

  /** The step of the last value, or -1. */
  get lastStep(): number {
    return this.length === 0 ? -1 : (this.ends[this.length - 1] ?? -1);
  }

  /** Changes when there is a new bucket, not when the last one grows: what can be seen of a curve. */
  get extent(): number {
    return this.length + this.width;
  }

  /** Adds a value for a step after the last one; returns false and changes nothing for an earlier step. */
  add(step: number, value: number): boolean {
    if (step <= this.lastStep) return false;
    if (!Number.isFinite(value)) return true;
    this.shown = null;
    const last = this.length - 1;
    if (last >= 0 && Math.floor(step / this.width) === Math.floor(this.lastStep / this.width)) {
      this.merge(last, 1, step, step, value, value, value);
      return true;
    }
    if (this.length === this.limit) {
      this.width *= 2;
      this.shrink();
      return this.add(step, value);
    }
    this.set(this.length++, 1, step, step, value, value, value);
    return true;
  }

  /**
   * The curve as it is now, the same object until something is added. Its columns are the buffers themselves: what is
   * added later changes them.
   */
  view(): Curve {
    const { metric, width, length } = this;
    this.shown ??= {
      metric,
      width,
      counts: this.counts.subarray(0, length),
      steps: this.steps.subarray(0, length),
      ends: this.ends.subarray(0, length),
      min: this.min.subarray(0, length),
      max: this.max.subarray(0, length),
      mean: this.mean.subarray(0, length),
    };
    return this.shown;
  }

  /** Merges values that share a bucket, doubling the width until there are at most `limit` buckets. */
  private shrink(): void {
    for (;;) {
      let kept = 0;
      for (let index = 0; index < this.length; index++) {
        const count = this.counts[index] ?? 0;
        const step = this.steps[index] ?? 0;
        const end = this.ends[index] ?? 0;
        const low = this.min[index] ?? 0;
        const high = this.max[index] ?? 0;
        const mean = this.mean[index] ?? 0;
        const before = kept === 0 ? -1 : Math.floor((this.ends[kept - 1] ?? 0) / this.width);
        if (before === Math.floor(end / this.width)) this.merge(kept - 1, count, step, end, low, high, mean);
        else this.set(kept++, count, step, end, low, high, mean);
      }
      this.length = kept;
      if (kept <= this.limit) return;
      this.width *= 2;
    }
  }

  private set(at: number, count: number, step: number, end: number, low: number, high: number, mean: number): void {
    this.counts[at] = count;
    this.steps[at] = step;
    this.ends[at] = end;
    this.min[at] = low;
    this.max[at] = high;
    this.mean[at] = mean;
  }

  private merge(at: number, count: number, step: number, end: number, low: number, high: number, mean: number): void {
    const known = this.counts[at] ?? 0;
    const share = count / (known + count);
    const knownStep = this.steps[at] ?? 0;
    const knownMean = this.mean[at] ?? 0;
    this.counts[at] = known + count;
    this.steps[at] = knownStep + (step - knownStep) * share;
    this.ends[at] = end;
    this.min[at] = Math.min(this.min[at] ?? low, low);
    this.max[at] = Math.max(this.max[at] ?? high, high);
    this.mean[at] = knownMean + (mean - knownMean) * share;
  }
}
