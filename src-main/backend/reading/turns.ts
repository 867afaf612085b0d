/** Lets so many pieces of work run at once; the others wait for their turn, in the order in which they came. */
export class Turns {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.free = atOnce;
  }

  /** @throws the signal's reason where it is aborted before the turn comes; as `work` */
  async take<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    signal?.throwIfAborted();
    if (this.free > 0) this.free--;
    else await this.turn(signal);
    try {
      return await work();
    } finally {
      // Passed to the first that waits, so that nobody who comes now gets in before.
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = (): void => {
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    const leave = (): void => {
      this.waiting.splice(this.waiting.indexOf(begin), 1);
      reject(signal?.reason);
    };
    this.waiting.push(begin);
    signal?.addEventListener('abort', leave, { once: true });
    return promise;
  }
}
