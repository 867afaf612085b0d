import type { TaskContext } from '../events.ts';

const REPORT_MILLISECONDS = 100;
/** Weight of the latest rate in the moving average, over about the last twenty reports. */
const SMOOTHING = 0.1;

/** Emits progress events with rate and time left, at most ten a second. */
export class ProgressMeter {
  private readonly context: TaskContext;
  private readonly phase: string;
  private readonly total: number;
  private readonly unit: string;
  private lastDone = 0;
  private lastAt = performance.now();
  private perSecond: number | null = null;

  constructor(context: TaskContext, phase: string, total: number, unit: string) {
    this.context = context;
    this.phase = phase;
    this.total = total;
    this.unit = unit;
  }

  /** Restarts the clock: earlier work and interruptions do not count for the rate. */
  startAt(done: number): void {
    this.lastDone = done;
    this.lastAt = performance.now();
    this.emit(done);
  }

  at(done: number): void {
    const now = performance.now();
    const elapsed = now - this.lastAt;
    if (elapsed < REPORT_MILLISECONDS && done < this.total) return;
    if (done > this.lastDone && elapsed > 0) {
      const rate = (1000 * (done - this.lastDone)) / elapsed;
      this.perSecond = this.perSecond === null ? rate : this.perSecond + SMOOTHING * (rate - this.perSecond);
    }
    this.lastDone = done;
    this.lastAt = now;
    this.emit(done);
  }

  /** Reports the final count at the end of the work, even if no report was due. */
  end(done: number): void {
    if (done === this.lastDone) return;
    this.lastDone = done;
    this.emit(done);
  }

  private emit(done: number): void {
    const { perSecond } = this;
    this.context.emit({
      kind: 'progress',
      progress: {
        phase: this.phase,
        done,
        total: this.total,
        unit: this.unit,
        perSecond,
        etaSeconds: perSecond ? (this.total - done) / perSecond : null,
      },
    });
  }
}
