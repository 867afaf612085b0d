/** Wall time that a clock set back does not take back: durations between two of its times are never negative. */
export class SteadyClock {
  private readonly wall: () => number;
  private readonly monotonic: () => number;
  private last: { readonly at: number; readonly monotonic: number } | null = null;

  constructor(wall: () => number = Date.now, monotonic: () => number = () => performance.now()) {
    this.wall = wall;
    this.monotonic = monotonic;
  }

  /**
   * Milliseconds since 1970, whole. A clock set forward, or a machine that slept, is followed; one that was set back is not, until it
   * has caught up.
   */
  now(): number {
    const monotonic = this.monotonic();
    const least = this.last === null ? 0 : this.last.at + Math.max(0, monotonic - this.last.monotonic);
    const at = Math.max(this.wall(), least - toleranceMilliseconds, this.last?.at ?? 0);
    this.last = { at, monotonic };
    return Math.round(at);
  }

  /** Returns `now`, but not before `startedAt`, which may be of an earlier session whose clock was ahead. */
  endOf(startedAt: number | null): number {
    return Math.max(this.now(), startedAt ?? 0);
  }
}

/** The two clocks drift, and the wall clock is corrected in small steps. */
const toleranceMilliseconds = 50;

export const clock = new SteadyClock(() => Date.now());
