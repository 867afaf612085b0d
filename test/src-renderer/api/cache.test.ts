import { expect, it } from 'vitest';
import { upsertJob } from '../../../src-renderer/api/cache.ts';
import type { JobRecord } from '../../../src-shared/domain/job.ts';

function job(id: string, createdAt: number, status: JobRecord['status'] = 'queued'): JobRecord {
  return {
    id,
    kind: 'train',
    title: id,
    status,
    subjectId: null,
    after: [],
    progress: null,
    error: null,
    createdAt,
    startedAt: null,
    finishedAt: null,
  };
}

const ids = (jobs: readonly JobRecord[]) => jobs.map((entry) => `${entry.id} ${entry.status}`);

it('puts a new job where its creation stands', () => {
  expect(ids(upsertJob([job('a', 1), job('c', 3)], job('b', 2), true))).toEqual(['a queued', 'b queued', 'c queued']);
});

it('replaces a job that is there', () => {
  expect(ids(upsertJob([job('a', 1), job('b', 2)], job('a', 1, 'running'), true))).toEqual(['a running', 'b queued']);
});

it('takes a finished job out of the active ones and leaves it among all', () => {
  const jobs = [job('a', 1, 'running'), job('b', 2)];
  expect(ids(upsertJob(jobs, job('a', 1, 'completed'), true))).toEqual(['b queued']);
  expect(ids(upsertJob(jobs, job('a', 1, 'completed'), false))).toEqual(['a completed', 'b queued']);
});
