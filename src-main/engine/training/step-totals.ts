import type { RunResult } from '../../../src-shared/domain/runs/run.ts';
import { StepTimes } from './step-times.ts';
import type { TrainerState } from './trainer-state.ts';

/** Totals of all steps of a run, for its checkpoints and its result: durations, active shares, the last loss. */
export class StepTotals {
  private readonly times: StepTimes;
  private activeShareSum = 0;
  private lastLoss: number | null = null;

  constructor(times = new StepTimes()) {
    this.times = times;
  }

  static restored(trainer: TrainerState): StepTotals {
    const { step_times, step_milliseconds = [], active_share_sum, last_loss } = trainer;
    const totals = new StepTotals(step_times ? StepTimes.restored(step_times) : StepTimes.of(step_milliseconds));
    totals.activeShareSum = active_share_sum;
    totals.lastLoss = last_loss;
    return totals;
  }

  /** @param activeShare share of the adapter that was on, from 0 to 1. */
  add({ loss, milliseconds, activeShare }: { loss: number; milliseconds: number; activeShare: number }): void {
    this.lastLoss = loss;
    this.times.add(milliseconds);
    this.activeShareSum += activeShare;
  }

  state(): Pick<TrainerState, 'step_times' | 'active_share_sum' | 'last_loss'> {
    return { step_times: this.times.state(), active_share_sum: this.activeShareSum, last_loss: this.lastLoss };
  }

  result(): Pick<
    RunResult,
    'trainLoss' | 'meanStepMilliseconds' | 'medianStepMilliseconds' | 'meanActiveShare' | 'trainSeconds'
  > {
    const { times } = this;
    return {
      trainLoss: this.lastLoss,
      meanStepMilliseconds: times.mean,
      medianStepMilliseconds: times.median,
      meanActiveShare: times.steps === 0 ? 1 : this.activeShareSum / times.steps,
      trainSeconds: times.total / 1000,
    };
  }
}
