import type { MessageBoxOptions } from 'electron';
import type { RunningJob } from '../../src-shared/contract/bridge.ts';
import { nativeWords } from '../../src-shared/native-words/index.ts';

/** Meaning of the question's buttons, in order. */
export const quitAnswers = ['quit', 'background', 'cancel'] as const;
export type QuitAnswer = (typeof quitAnswers)[number];

/** Index of a button in the question. */
export const quitButtons = { quit: 0, background: 1, cancel: 2 } as const satisfies Record<QuitAnswer, number>;
const maxListed = 5;

/** Returns the question before quitting would interrupt jobs; null if none is running. */
export function quitQuestion(jobs: readonly RunningJob[]): MessageBoxOptions | null {
  const [first] = jobs;
  if (first === undefined) return null;
  const { quit: words, cancel } = nativeWords();
  const isOne = jobs.length === 1;
  const anyPauses = jobs.some(({ pauses }) => pauses);
  const allPause = jobs.every(({ pauses }) => pauses);
  const titles = jobs.slice(0, maxListed).map(({ title }) => `• ${title}`);
  if (jobs.length > maxListed) titles.push(words.more(jobs.length - maxListed));
  const consequence = allPause
    ? words.allPause(jobs.length)
    : anyPauses
      ? words.somePause
      : words.nonePause(jobs.length);
  return {
    type: 'question',
    title: 'CoTo Studio',
    message: isOne ? words.one(first.title) : words.several(jobs.length),
    detail: `${isOne ? '' : `${titles.join('\n')}\n\n`}${consequence}\n${words.backgroundHelp}`,
    buttons: [quitLabel(jobs), words.inBackground, cancel],
    // Enter loses nothing.
    defaultId: quitButtons.background,
    cancelId: quitButtons.cancel,
    noLink: true,
  };
}

/** The words for quitting while these jobs run. */
export function quitLabel(jobs: readonly RunningJob[]): string {
  if (jobs.length === 0) return nativeWords().roles.quit;
  return jobs.some(({ pauses }) => pauses) ? nativeWords().quit.pause : nativeWords().quit.anyway;
}
