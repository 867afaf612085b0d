/** Fastest prompt and fastest new tokens over several runs, the first of which is to warm up. */
export class Fastest {
  runs = 0;
  /** Tokens a second, and milliseconds of processor time (all threads) of the prompt and of a new token. */
  best = { prompt: 0, generation: 0, promptProcessor: Number.MAX_VALUE, tokenProcessor: Number.MAX_VALUE };

  /**
   * @param {number} prompt tokens
   * @param {number} fresh new tokens after the first, which comes with the prompt
   */
  constructor(prompt, fresh) {
    this.prompt = prompt;
    this.fresh = fresh;
  }

  /**
   * @param {() => Promise<unknown>} first reads the prompt
   * @param {() => Promise<unknown>} next makes one more token
   */
  async time(first, next) {
    const started = { at: performance.now(), processor: process.cpuUsage() };
    await first();
    const middle = { at: performance.now(), processor: process.cpuUsage() };
    for (let token = 0; token < this.fresh; token++) await next();
    const ended = { at: performance.now(), processor: process.cpuUsage() };
    if (this.runs++ === 0) return;
    const { best } = this;
    best.prompt = Math.max(best.prompt, (this.prompt / (middle.at - started.at)) * 1000);
    best.generation = Math.max(best.generation, (this.fresh / (ended.at - middle.at)) * 1000);
    best.promptProcessor = Math.min(best.promptProcessor, processor(started, middle));
    best.tokenProcessor = Math.min(best.tokenProcessor, processor(middle, ended) / this.fresh);
  }
}

/** @typedef {{ processor: NodeJS.CpuUsage }} Moment */

/**
 * @param {Moment} before
 * @param {Moment} after
 */
function processor({ processor: before }, { processor: after }) {
  return (after.user + after.system - before.user - before.system) / 1000;
}
