import type { MessageBoxOptions } from 'electron';
import type { BackendStatus } from '../../src-shared/contract/bridge.ts';
import type { RecoveryWay } from '../../src-shared/contract/recovery-way.ts';
import { nativeWords } from '../../src-shared/native-words/index.ts';

/** Meaning of the question's buttons, in order. */
export const recoveryAnswers = ['restore', 'rebuild', 'quit'] as const satisfies readonly (RecoveryWay | 'quit')[];

/** Returns the question for a damaged or lost database; null in any other state of the backend. */
export function recoveryQuestion({ status, error }: BackendStatus): MessageBoxOptions | null {
  if (status !== 'failed' || error?.code !== 'damaged_home') return null;
  const { recovery: words, roles } = nativeWords();
  return {
    type: 'warning',
    title: 'CoTo Studio',
    message: words.message,
    detail: [error.message, words.ways, words.nothingDeleted].join('\n\n'),
    buttons: [words.restore, words.rebuild, roles.quit],
    defaultId: recoveryAnswers.indexOf('restore'),
    cancelId: recoveryAnswers.indexOf('quit'),
    noLink: true,
  };
}
