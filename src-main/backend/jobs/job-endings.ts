import { type ErrorValue, memoryRemedy, StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import { interruptedMessage } from '../../../src-shared/domain/runs/interruption.ts';
import { EngineLostError } from '../engine/engine-supervisor.ts';

/** A part of a job was interrupted, and so is the job: it has not failed and can be resumed. */
export class InterruptedError extends StudioError {}

/** Outcome of a job that did not complete. */
export interface JobEnding {
  readonly status: 'failed' | 'cancelled' | 'interrupted';
  readonly error: ErrorValue | null;
}

/** Returns the ending of a job whose work threw: interrupted if the work itself is fine, so that it can resume. */
export function endingOfThrown(thrown: unknown, isClosing: boolean): JobEnding {
  const error = toErrorValue(thrown);
  if (error.code === 'cancelled') return { status: 'cancelled', error: null };
  const isLost =
    thrown instanceof EngineLostError ||
    thrown instanceof InterruptedError ||
    error.code === 'device_lost' ||
    (isClosing && error.code === 'disconnected');
  return { status: isLost ? 'interrupted' : 'failed', error };
}

/** Returns the ending of a job that an earlier session left running. */
export function endingOfLostSession({ kind }: JobRecord, ranOutOfMemory: boolean): JobEnding {
  const again = jobInfo(kind).resumable ? null : 'Start it again.';
  if (!ranOutOfMemory) return { status: 'interrupted', error: lostError(interruptedMessage(kind), again) };
  const message = `${interruptedMessage(kind)} Memory had run out, and the system ended processes for it: CoTo Studio is probably one of them.`;
  const hint = again === null ? memoryRemedy : `${memoryRemedy} ${again}`;
  return { status: 'interrupted', error: { code: 'out_of_memory', message, hint, details: null } };
}

/**
 * State of a study whose runs go on at a target, in a home that was last used elsewhere: the target may name programs, so the
 * study waits until the person resumes it.
 */
export const leftUnfollowed = {
  status: 'interrupted',
  error: {
    code: 'refused',
    message: 'The home folder was last used elsewhere, so this is not followed by itself.',
    hint: 'Resume it to continue from here.',
    details: null,
  },
} as const satisfies JobEnding;

function lostError(message: string, hint: string | null): ErrorValue {
  return { code: 'disconnected', message, hint, details: null };
}

/** Reason for jobs that ended because the app was closed. */
export const closedError = { code: 'disconnected', message: 'The studio was closed.', hint: 'Start it again' } as const;

/** The window offers such runs to be resumed: whoever paused one by hand knows about it. */
export const pausedByClosing = {
  code: 'disconnected',
  message: 'The studio was closed while this was running, so it was paused.',
  hint: 'Resume it.',
} as const;
