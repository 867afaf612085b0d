import { StudioError } from '../../../src-shared/contract/errors.ts';

/** Progress and cancellation of an evaluation that runs step by step. */
export interface EvaluationSteps {
  onProgress?(done: number, total: number): void | Promise<void>;
  /** Polled between steps; true ends the evaluation with StudioError cancelled. */
  cancelled?(): Promise<boolean>;
}

/** @throws StudioError cancelled */
export async function refuseCancelled(steps: EvaluationSteps): Promise<void> {
  if (await steps.cancelled?.()) throw new StudioError('cancelled', 'The evaluation was cancelled.');
}
