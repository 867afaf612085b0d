import type { MessageBoxOptions } from 'electron';
import type { ErrorValue } from '../../src-shared/contract/errors.ts';
import type { PlannedMove } from '../../src-shared/contract/home-move.ts';
import { formatBytes } from '../../src-shared/format/bytes.ts';

/** Meaning of the question's buttons, in order. */
export const moveAnswers = ['move', 'keep', 'cancel'] as const;

export function moveQuestion({ from, to, bytes, freeBytes }: PlannedMove): MessageBoxOptions {
  return {
    type: 'question',
    title: 'CoTo Studio',
    message: `Move the home folder to ${to}?`,
    detail: `${formatBytes(bytes)} are copied from ${from} and compared; ${formatBytes(freeBytes)} are free there. Then the old files are deleted, unless you keep them. CoTo Studio starts again at the end.`,
    buttons: ['Move', 'Move and keep the old files', 'Cancel'],
    defaultId: moveAnswers.indexOf('move'),
    cancelId: moveAnswers.indexOf('cancel'),
    noLink: true,
  };
}

/** For a home that was moved to a disk that is not connected, or that has links among its folders. */
export const missingHomeAnswers = ['again', 'quit'] as const;

export function missingHomeQuestion({ message, hint }: ErrorValue): MessageBoxOptions {
  return {
    type: 'error',
    title: 'CoTo Studio',
    message,
    ...(hint === null ? {} : { detail: hint }),
    buttons: ['Try again', 'Quit'],
    defaultId: missingHomeAnswers.indexOf('again'),
    cancelId: missingHomeAnswers.indexOf('quit'),
    noLink: true,
  };
}
