import { expect, it } from 'vitest';
import { byteProgress } from '../../src-main/files/byte-progress.ts';
import type { JobProgress } from '../../src-shared/domain/jobs/job-progress.ts';

it('counts in MiB with the rate since the first count, five times a second at most', () => {
  const told: JobProgress[] = [];
  let now = 1000;
  const tell = byteProgress(
    'Getting',
    (progress) => told.push(progress),
    () => now,
  );
  const mebibytes = 2 ** 20;
  // An earlier attempt left 20 MiB, which do not count toward the rate.
  tell(20 * mebibytes, 100 * mebibytes);
  now += 100;
  tell(21 * mebibytes, 100 * mebibytes);
  now += 1900;
  tell(60 * mebibytes, 100 * mebibytes);
  now += 1;
  tell(100 * mebibytes, 100 * mebibytes);
  expect(told.map(({ done }) => done)).toEqual([20, 60, 100]);
  expect(told[0]).toEqual({ phase: 'Getting', done: 20, total: 100, unit: 'MiB', perSecond: null, etaSeconds: null });
  expect(told[1]).toMatchObject({ perSecond: 20, etaSeconds: 2 });
});
