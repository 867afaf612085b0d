/** Length of a schedule in optimizer steps. */
export interface ScheduleLength {
  readonly warmupSteps: number;
  readonly totalSteps: number;
}

/** A learning-rate schedule as a pure function: the factor on `learning_rate` at optimizer step `step` (0-based). */
export interface LearningRateSchedule {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  factor(step: number, length: ScheduleLength): number;
}

/** Linear warm-up shared by the schedules: the first step's factor is 0, as in Transformers' `get_scheduler`. */
export function warmupFactor(step: number, warmupSteps: number): number | null {
  return step < warmupSteps ? step / Math.max(1, warmupSteps) : null;
}
