/** Age of the latest checkpoint of a training, which says when the next one is due (`save_minutes`). */
export class CheckpointAge {
  private readonly limitMilliseconds: number;
  private readonly now: () => number;
  private savedAt: number;

  /** @param minutes age at which a checkpoint is due; 0: never by time */
  constructor(minutes: number, now: () => number = () => performance.now()) {
    this.limitMilliseconds = minutes === 0 ? Number.POSITIVE_INFINITY : 60_000 * minutes;
    this.now = now;
    this.savedAt = now();
  }

  get isDue(): boolean {
    return this.now() - this.savedAt >= this.limitMilliseconds;
  }

  /** Starts again from 0: a checkpoint was saved, or the training begins. */
  reset(): void {
    this.savedAt = this.now();
  }
}
