import type { MessageBoxOptions } from 'electron';
import type { RunningJob } from '../../src-shared/contract/bridge.ts';

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
  const isOne = jobs.length === 1;
  const anyPauses = jobs.some(({ pauses }) => pauses);
  const allPause = jobs.every(({ pauses }) => pauses);
  const titles = jobs.slice(0, maxListed).map(({ title }) => `• ${title}`);
  if (jobs.length > maxListed) titles.push(`and ${jobs.length - maxListed} more`);
  const consequence = allPause
    ? `${isOne ? 'It is' : 'They are'} paused if you quit now, and can be resumed from Home at the next start.`
    : anyPauses
      ? 'Trainings are paused if you quit now, and can be resumed from Home at the next start; other jobs are cancelled.'
      : `${isOne ? 'It is' : 'They are'} cancelled if you quit now, and ${isOne ? 'has' : 'have'} to be started again.`;
  const background =
    'In the background the work continues without the window: start CoTo Studio again to bring it back.';
  return {
    type: 'question',
    title: 'CoTo Studio',
    message: isOne ? `"${first.title}" is still running.` : `${jobs.length} jobs are still running.`,
    detail: `${isOne ? '' : `${titles.join('\n')}\n\n`}${consequence}\n${background}`,
    buttons: [quitLabel(jobs), 'Keep running in the background', 'Cancel'],
    // Enter loses nothing.
    defaultId: quitButtons.background,
    cancelId: quitButtons.cancel,
    noLink: true,
  };
}

/** The words for quitting while these jobs run. */
export function quitLabel(jobs: readonly RunningJob[]): string {
  if (jobs.length === 0) return 'Quit';
  return jobs.some(({ pauses }) => pauses) ? 'Pause and quit' : 'Quit anyway';
}
