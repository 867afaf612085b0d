import type { JobProgress } from '../../src-shared/domain/jobs/job-progress.ts';

const tellMilliseconds = 200;
/** Totals below this are reported in KiB, others in MiB. */
const smallBytes = 10 * 2 ** 20;

/**
 * Turns byte counts into progress with the average rate and the remaining time. Reported at most five times a
 * second, and at the end.
 *
 * @param progress receives the reports
 * @param now clock, in milliseconds
 */
export function byteProgress(
  phase: string,
  progress: (progress: JobProgress) => void,
  now: () => number = Date.now,
): (doneBytes: number, totalBytes: number) => void {
  let first: { at: number; bytes: number } | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (doneBytes, totalBytes) => {
    const at = now();
    first ??= { at, bytes: doneBytes };
    if (at - toldAt < tellMilliseconds && doneBytes < totalBytes) return;
    toldAt = at;
    const seconds = (at - first.at) / 1000;
    const rate = seconds > 0 ? (doneBytes - first.bytes) / seconds : 0;
    const unitBytes = totalBytes < smallBytes ? 2 ** 10 : 2 ** 20;
    progress({
      phase,
      done: Math.floor(doneBytes / unitBytes),
      total: Math.ceil(totalBytes / unitBytes),
      unit: unitBytes === 2 ** 20 ? 'MiB' : 'KiB',
      perSecond: rate > 0 ? rate / unitBytes : null,
      etaSeconds: rate > 0 ? (totalBytes - doneBytes) / rate : null,
    });
  };
}
