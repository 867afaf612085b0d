/** Tokens with their log-probabilities in nats. */
export interface Likely {
  readonly id: number;
  readonly logprob: number;
}

/** The logarithms of softmax(scores): of any token, and of the likeliest. */
export class TokenProbabilities {
  private readonly scores: Float32Array;
  private readonly logTotal: number;

  /** @param scores logits [vocabulary]; copied, because a sampler changes them in place */
  constructor(scores: Float32Array) {
    this.scores = scores.slice();
    let highest = Number.NEGATIVE_INFINITY;
    for (const score of scores) if (score > highest) highest = score;
    let total = 0;
    for (const score of scores) total += Math.exp(score - highest);
    this.logTotal = highest + Math.log(total);
  }

  of(id: number): number {
    return (this.scores[id] ?? Number.NEGATIVE_INFINITY) - this.logTotal;
  }

  /** The likeliest tokens, in order; of equal ones the first. */
  top(count: number): Likely[] {
    const best: Likely[] = [];
    for (let id = 0; count > 0 && id < this.scores.length; id++) {
      const logprob = this.of(id);
      const last = best.at(-1);
      if (best.length === count && last !== undefined && logprob <= last.logprob) continue;
      const at = best.findIndex((one) => one.logprob < logprob);
      best.splice(at < 0 ? best.length : at, 0, { id, logprob });
      if (best.length > count) best.pop();
    }
    return best;
  }
}
