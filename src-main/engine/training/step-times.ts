import { z } from 'zod';

/** Relative width of a bin: the error of the median is at most half of it. */
const ratio = 1.01;

export const stepTimesSchema = z.strictObject({
  count: z.number().int().min(0),
  total: z.number(),
  /** Number of steps by bin: bin i has those around 1.01ⁱ milliseconds. */
  bins: z.record(z.string(), z.number().int().min(0)),
});
export type StepTimesState = z.infer<typeof stepTimesSchema>;

/** Durations of steps in milliseconds: their sum, and a histogram whose size does not grow with the steps. */
export class StepTimes {
  private count = 0;
  private sum = 0;
  private readonly bins = new Map<number, number>();

  static restored({ count, total, bins }: StepTimesState): StepTimes {
    const times = new StepTimes();
    times.count = count;
    times.sum = total;
    for (const [bin, steps] of Object.entries(bins)) times.bins.set(Number(bin), steps);
    return times;
  }

  static of(milliseconds: readonly number[]): StepTimes {
    const times = new StepTimes();
    for (const value of milliseconds) times.add(value);
    return times;
  }

  add(milliseconds: number): void {
    this.count += 1;
    this.sum += milliseconds;
    const bin = Math.round(Math.log(Math.max(milliseconds, 1e-3)) / Math.log(ratio));
    this.bins.set(bin, (this.bins.get(bin) ?? 0) + 1);
  }

  get total(): number {
    return this.sum;
  }

  /** 0 without steps. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** To half a percent; 0 without steps. */
  get median(): number {
    let passed = 0;
    for (const [bin, steps] of [...this.bins].sort(([one], [other]) => one - other)) {
      passed += steps;
      if (passed > Math.floor(this.count / 2)) return ratio ** bin;
    }
    return 0;
  }

  get steps(): number {
    return this.count;
  }

  state(): StepTimesState {
    const bins = Object.fromEntries([...this.bins].map(([bin, steps]) => [String(bin), steps]));
    return { count: this.count, total: this.sum, bins };
  }
}
