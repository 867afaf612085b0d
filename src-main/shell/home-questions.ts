import type { MessageBoxOptions } from 'electron';
import type { ErrorValue } from '../../src-shared/contract/errors.ts';
import type { PlannedMove } from '../../src-shared/contract/home-move.ts';
import { formatBytes } from '../../src-shared/format/bytes.ts';
import { nativeWords } from '../../src-shared/native-words/index.ts';

/** Meaning of the question's buttons, in order. */
export const moveAnswers = ['move', 'keep', 'cancel'] as const;

export function moveQuestion({ from, to, bytes, freeBytes }: PlannedMove): MessageBoxOptions {
  const { move: words, cancel } = nativeWords();
  return {
    type: 'question',
    title: 'CoTo Studio',
    message: words.message(to),
    detail: words.detail(formatBytes(bytes), from, formatBytes(freeBytes)),
    buttons: [words.move, words.keep, cancel],
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
    buttons: [nativeWords().tryAgain, nativeWords().roles.quit],
    defaultId: missingHomeAnswers.indexOf('again'),
    cancelId: missingHomeAnswers.indexOf('quit'),
    noLink: true,
  };
}
