/** Seconds that a part gets at least, or is left out: a start of a driver may be slow. */
const least = 20;

/** Reason for a part missing from a report. */
export const leftOut = 'There was no time left for it: --minutes gives more.';

/** Shares a span of time among parts by their weights; what a part leaves goes to those after it. */
export class TimeBudget {
  private readonly until: number;
  /** Seconds of a clock. */
  readonly now: () => number;
  private weights: number;

  /** @param seconds in all @param weights sum of all parts' */
  constructor(seconds: number, weights: number, now: () => number = () => performance.now() / 1000) {
    this.now = now;
    this.until = now() + seconds;
    this.weights = weights;
  }

  /** Seconds that the next part may take, which is then one of those that are over; null: it has to be left out. */
  take(weight: number): number | null {
    const { remaining } = this;
    const share = (remaining * weight) / Math.max(weight, this.weights);
    this.weights -= weight;
    return remaining < least ? null : Math.max(least, share);
  }

  /** Counts a part among those that are over. */
  skip(weight: number): void {
    this.weights -= weight;
  }

  /** Seconds until all must be over, at most. */
  get remaining(): number {
    return Math.max(0, this.until - this.now());
  }
}
