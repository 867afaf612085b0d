const firstPauseMilliseconds = 500;
const longestPauseMilliseconds = 15_000;
/** A backend that ran this long was healthy: what happened before counts no more. */
const healthyMilliseconds = 60_000;
/** After so many ends in a row a further start would end alike, and the person has to be told. */
const maxEnds = 6;

/** Pauses before restarting the backend after it ended by itself. */
export class RestartPauses {
  private ends = 0;

  /** Milliseconds until the next start; null where starting it again is of no use. */
  next(livedMilliseconds: number): number | null {
    if (livedMilliseconds > healthyMilliseconds) this.ends = 0;
    this.ends++;
    if (this.ends >= maxEnds) return null;
    return Math.min(firstPauseMilliseconds * 2 ** (this.ends - 1), longestPauseMilliseconds);
  }

  /** The person asked for another start. */
  reset(): void {
    this.ends = 0;
  }
}
