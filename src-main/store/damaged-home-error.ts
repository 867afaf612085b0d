import { recoveryHint, StudioError } from '../../src-shared/contract/errors.ts';

/** The database cannot be used as it is, and was not changed: a backup can be restored, or the folders read again. */
export class DamagedHomeError extends StudioError {
  constructor(message: string, details: string | null = null) {
    super('damaged_home', message, recoveryHint, details);
    this.name = 'DamagedHomeError';
  }
}
