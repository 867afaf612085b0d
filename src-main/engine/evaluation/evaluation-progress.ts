import type { TaskContext } from '../contract.ts';

const reportMilliseconds = 100;

/**
 * Combined progress of several evaluation passes of equal length, in examples, with the average rate and the time
 * left; at most ten messages a second.
 */
export class EvaluationProgress {
  private readonly context: TaskContext;
  private readonly passes: number;
  private readonly examples: number;
  private readonly startedAt = performance.now();
  private reportedAt = Number.NEGATIVE_INFINITY;
  private donePasses = 0;
  private phase = 'Evaluating';

  constructor(context: TaskContext, passes: number, examples: number) {
    this.context = context;
    this.passes = passes;
    this.examples = examples;
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
    this.donePasses++;
    this.report(0, this.donePasses === this.passes);
  }

  private report(doneInPass: number, always: boolean): void {
    const now = performance.now();
    if (!always && now - this.reportedAt < reportMilliseconds) return;
    this.reportedAt = now;
    const done = Math.min(this.passes, this.donePasses) * this.examples + doneInPass;
    const total = this.passes * this.examples;
    const seconds = (now - this.startedAt) / 1000;
    const perSecond = done > 0 && seconds > 0 ? done / seconds : null;
    this.context.emit({
      kind: 'progress',
      progress: {
        phase: this.phase,
        done,
        total,
        unit: 'examples',
        perSecond,
        etaSeconds: perSecond === null ? null : (total - done) / perSecond,
      },
    });
  }
}
