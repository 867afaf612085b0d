import type { TaskContext } from '../events.ts';

const reportMilliseconds = 100;

/**
 * Combined progress of several evaluation passes, in examples, with the average rate and the time left; at most ten
 * messages a second.
 */
export class EvaluationProgress {
  private readonly context: TaskContext;
  private readonly lengths: readonly number[];
  private readonly total: number;
  private readonly unit: string;
  private readonly startedAt = performance.now();
  private reportedAt = Number.NEGATIVE_INFINITY;
  private donePasses = 0;
  private doneExamples = 0;
  private phase = 'Evaluating';

  /**
   * @param lengths examples of each pass, in order
   * @param unit what the lengths count, where it is not examples
   */
  constructor(context: TaskContext, lengths: readonly number[], unit = 'examples') {
    this.context = context;
    this.unit = unit;
    this.lengths = lengths;
    this.total = lengths.reduce((sum, length) => sum + length, 0);
  }

  /** Sets the label of the current pass: "λ = 0.35 of LoRA + CoTo". */
  announce(phase: string): void {
    this.phase = phase;
    this.report(0, true);
  }

  /** Reports `done` finished examples of the current pass. */
  within(done: number): void {
    this.report(done, false);
  }

  passDone(): void {
    this.doneExamples += this.lengths[this.donePasses] ?? 0;
    this.donePasses++;
    this.report(0, this.donePasses === this.lengths.length);
  }

  private report(doneInPass: number, always: boolean): void {
    const now = performance.now();
    if (!always && now - this.reportedAt < reportMilliseconds) return;
    this.reportedAt = now;
    const { total } = this;
    const done = this.doneExamples + doneInPass;
    const seconds = (now - this.startedAt) / 1000;
    const perSecond = done > 0 && seconds > 0 ? done / seconds : null;
    this.context.emit({
      kind: 'progress',
      progress: {
        phase: this.phase,
        done,
        total,
        unit: this.unit,
        perSecond,
        etaSeconds: perSecond === null ? null : (total - done) / perSecond,
      },
    });
  }
}
