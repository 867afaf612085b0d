import type { JobProgress } from '../../../src-shared/domain/job.ts';

const tellMilliseconds = 200;
const bytesPerMegabyte = 1_000_000;

/**
 * Turns counts of bytes into progress in megabytes, with the rate since the first count and what is left at that rate. Told five
 * times a second at most, and at the end.
 *
 * @param progress told of it
 * @param now milliseconds
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
    progress({
      phase,
      done: megabytes(doneBytes),
      total: megabytes(totalBytes),
      unit: 'MB',
      perSecond: rate > 0 ? rate / bytesPerMegabyte : null,
      etaSeconds: rate > 0 ? (totalBytes - doneBytes) / rate : null,
    });
  };
}

function megabytes(bytes: number): number {
  return Math.round((bytes / bytesPerMegabyte) * 10) / 10;
}
