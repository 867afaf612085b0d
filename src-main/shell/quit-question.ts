import type { MessageBoxOptions } from 'electron';
import type { RunningJob } from '../../src-shared/contract/bridge.ts';

/** Index of the button that quits; Escape and Enter keep the studio running. */
export const quitButton = 1;
const mostListed = 5;

/** What is asked before quitting would interrupt jobs; null if none is running. */
export function quitQuestion(jobs: readonly RunningJob[]): MessageBoxOptions | null {
  const [first] = jobs;
  if (first === undefined) return null;
  const isOne = jobs.length === 1;
  const anyPauses = jobs.some(({ pauses }) => pauses);
  const allPause = jobs.every(({ pauses }) => pauses);
  const titles = jobs.slice(0, mostListed).map(({ title }) => `• ${title}`);
  if (jobs.length > mostListed) titles.push(`and ${jobs.length - mostListed} more`);
  const consequence = allPause
    ? `${isOne ? 'It is' : 'They are'} paused if you quit now, and can be resumed from Home at the next start.`
    : anyPauses
      ? 'Trainings are paused if you quit now, and can be resumed from Home at the next start; other jobs are cancelled.'
      : `${isOne ? 'It is' : 'They are'} cancelled if you quit now, and ${isOne ? 'has' : 'have'} to be started again.`;
  return {
    type: 'question',
    title: 'CoTo Studio',
    message: isOne ? `"${first.title}" is still running.` : `${jobs.length} jobs are still running.`,
    detail: isOne ? consequence : `${titles.join('\n')}\n\n${consequence}`,
    buttons: ['Keep running', anyPauses ? 'Pause and quit' : 'Quit anyway'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  };
}
