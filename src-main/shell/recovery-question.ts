import type { MessageBoxOptions } from 'electron';
import type { BackendStatus } from '../../src-shared/contract/bridge.ts';
import type { RecoveryWay } from '../../src-shared/contract/recovery-way.ts';

/** Meaning of the question's buttons, in order. */
export const recoveryAnswers = ['restore', 'rebuild', 'quit'] as const satisfies readonly (RecoveryWay | 'quit')[];

/** Returns the question for a damaged or lost database; null in any other state of the backend. */
export function recoveryQuestion({ status, error }: BackendStatus): MessageBoxOptions | null {
  if (status !== 'failed' || error?.code !== 'damaged_home') return null;
  return {
    type: 'warning',
    title: 'CoTo Studio',
    message: 'The database of the home folder is damaged or lost.',
    detail: [
      error.message,
      'A backup has everything as it was on its day. A rebuilt database has what the folders of models, runs and adapters hold; studies, jobs and reports are not among them.',
      'Nothing is deleted: damaged files are moved into the folder "damaged" of the home.',
    ].join('\n\n'),
    buttons: ['Restore the latest backup', 'Rebuild from the folders', 'Quit'],
    defaultId: recoveryAnswers.indexOf('restore'),
    cancelId: recoveryAnswers.indexOf('quit'),
    noLink: true,
  };
}
