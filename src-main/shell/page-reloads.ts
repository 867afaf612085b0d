const maxReloads = 3;
const periodMilliseconds = 60_000;

/** Limits how often a window loads its page again after the page's process has ended. */
export class PageReloads {
  private ends: readonly number[] = [];

  /** Notes that the process ended; returns whether the page may be loaded again. */
  mayReload(now: number): boolean {
    this.ends = [...this.ends.filter((end) => now - end < periodMilliseconds), now];
    return this.ends.length <= maxReloads;
  }
}
