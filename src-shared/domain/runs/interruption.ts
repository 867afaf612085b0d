import type { JobKind } from '../jobs/job.ts';
import type { CheckpointRecord } from './checkpoint.ts';
import type { RunRecord } from './run.ts';

/** Sentence for a job whose process ended before the job did. */
export function interruptedMessage(kind: JobKind): string {
  return kind === 'train' || kind === 'pretrain'
    ? 'Training was interrupted unexpectedly.'
    : 'The job was interrupted unexpectedly.';
}

/** The latest checkpoint that holds the state of the training; null if there is none. */
export function latestResumable(checkpoints: readonly CheckpointRecord[]): CheckpointRecord | null {
  return checkpoints
    .filter(({ resumable }) => resumable)
    .reduce<CheckpointRecord | null>((latest, one) => (latest === null || one.step > latest.step ? one : latest), null);
}

/** Explains how an interrupted run resumes, by the step of its latest checkpoint. */
export function resumeHint(step: number | null, { save_minutes }: Pick<RunRecord['config'], 'save_minutes'>): string {
  if (step !== null) return `It can be resumed from its checkpoint at step ${step}.`;
  const autosave = save_minutes === 0 ? ' Autosave is off for it (save_minutes is 0).' : '';
  return `No checkpoint had been saved, so it has to start again.${autosave}`;
}
