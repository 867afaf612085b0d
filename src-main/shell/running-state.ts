import type { RunningJob } from '../../src-shared/contract/bridge.ts';
import { nativeWords } from '../../src-shared/native-words/index.ts';

/** Describes the running jobs in one line, for the tray and its tooltip. */
export function runningText(jobs: readonly RunningJob[]): string {
  const [first] = jobs;
  if (first === undefined) return nativeWords().tray.idle;
  const share = doneShare(jobs);
  const percent = share === null ? '' : ` · ${Math.floor(share * 100)} %`;
  return `${jobs.length === 1 ? first.title : nativeWords().tray.running(jobs.length)}${percent}`;
}

/** Returns the completed share of the running work, 0 to 1: the mean of the jobs that know it. null if none does. */
function doneShare(jobs: readonly RunningJob[]): number | null {
  const known = jobs.flatMap(({ done }) => (done === null ? [] : [done]));
  return known.length === 0 ? null : known.reduce((sum, done) => sum + done, 0) / known.length;
}

/** The value for the progress bar of a window in the taskbar or the dock: −1 for none, above 1 for an unknown end. */
export function progressBarValue(jobs: readonly RunningJob[]): number {
  return jobs.length === 0 ? -1 : (doneShare(jobs) ?? 2);
}
