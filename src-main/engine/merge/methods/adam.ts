/** Adam without weight decay, in double precision: β 0.9 and 0.999, ε 1e-8, bias corrected (Kingma and Ba 2015). */
export class Adam {
  private readonly learningRate: number;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private steps = 0;

  constructor(size: number, learningRate: number) {
    this.learningRate = learningRate;
    this.first = new Float64Array(size);
    this.second = new Float64Array(size);
  }

  /** Changes the values in place. */
  step(values: Float64Array, gradient: ArrayLike<number>): void {
    this.steps++;
    const [correction1, correction2] = [1 - 0.9 ** this.steps, 1 - 0.999 ** this.steps];
    for (let at = 0; at < values.length; at++) {
      const slope = gradient[at] ?? 0;
      const first = 0.9 * (this.first[at] ?? 0) + 0.1 * slope;
      const second = 0.999 * (this.second[at] ?? 0) + 0.001 * slope * slope;
      this.first[at] = first;
      this.second[at] = second;
      const root = Math.sqrt(second / correction2) + 1e-8;
      values[at] = (values[at] ?? 0) - (this.learningRate * first) / correction1 / root;
    }
  }
}
