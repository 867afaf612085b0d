import { StudioError } from '../../../src-shared/contract/errors.ts';

/** A part of a job was interrupted, and so is the job: nothing is wrong with it, and it goes on from there. */
export class InterruptedError extends StudioError {}
