/** Shares a span of time among parts by their weights; what a part leaves goes to those after it. */
export class TimeBudget {
  private readonly until: number;
  private readonly now: () => number;
  private weights: number;

  /** @param seconds in all @param weights sum of all parts' */
  constructor(seconds: number, weights: number, now: () => number = () => performance.now() / 1000) {
    this.now = now;
    this.until = now() + seconds;
    this.weights = weights;
  }

  /** Seconds that the next part may take; it is then one of those that are over. */
  take(weight: number): number {
    const seconds = (this.remaining * weight) / Math.max(weight, this.weights);
    this.weights -= weight;
    return seconds;
  }

  /** Seconds until all must be over, at most. */
  get remaining(): number {
    return Math.max(0, this.until - this.now());
  }
}
