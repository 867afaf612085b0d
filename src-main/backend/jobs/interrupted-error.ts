import { StudioError } from '../../../src-shared/contract/errors.ts';

/** A part of a job was interrupted, and so is the job: it has not failed and can be resumed. */
export class InterruptedError extends StudioError {}
