import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { applyRun, upsertJob } from '../../../src-renderer/api/cache.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { type RunRecord, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';

function job(id: string, createdAt: number, status: JobRecord['status'] = 'queued'): JobRecord {
  return {
    id,
    kind: 'train',
    title: id,
    status,
    subjectId: null,
    parentId: null,
    after: [],
    progress: null,
    error: null,
    createdAt,
    startedAt: null,
    finishedAt: null,
  };
}

const ids = (jobs: readonly JobRecord[]) => jobs.map((entry) => `${entry.id} ${entry.status}`);

it('puts a new job at the end and leaves the order of the queue to the backend', () => {
  expect(ids(upsertJob([job('c', 3), job('a', 1)], job('d', 4), true))).toEqual(['c queued', 'a queued', 'd queued']);
  expect(ids(upsertJob([job('c', 3), job('a', 1)], job('a', 1, 'running'), true))).toEqual(['c queued', 'a running']);
});

it('replaces a job that is there', () => {
  expect(ids(upsertJob([job('a', 1), job('b', 2)], job('a', 1, 'running'), true))).toEqual(['a running', 'b queued']);
});

it('takes a finished job out of the active ones and leaves it among all', () => {
  const jobs = [job('a', 1, 'running'), job('b', 2)];
  expect(ids(upsertJob(jobs, job('a', 1, 'completed'), true))).toEqual(['b queued']);
  expect(ids(upsertJob(jobs, job('a', 1, 'completed'), false))).toEqual(['a completed', 'b queued']);
});

function run(id: string, step: number): RunRecord {
  return {
    id,
    name: id,
    status: 'running',
    config: runConfigSchema.parse({}),
    modelId: 'base',
    datasetId: 'data',
    tags: [],
    note: '',
    starred: false,
    archived: false,
    studyId: null,
    step,
    facts: null,
    result: null,
    adapterId: null,
    checkpoints: [],
    error: null,
    folder: id,
    createdAt: 1,
    startedAt: null,
    finishedAt: null,
  };
}

it('puts a changed run into the list, and leaves a list that is to be asked for again as stale as it is', async () => {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const key = ['runs.list', {}];
  client.setQueryData(key, [run('a', 1)]);
  applyRun(client, run('a', 2));
  expect(client.getQueryData<RunRecord[]>(key)?.[0]?.step).toBe(2);
  await client.invalidateQueries({ queryKey: key });
  applyRun(client, run('b', 1));
  expect(client.getQueryState(key)?.isInvalidated).toBe(true);
});

it('has the log of a run read once more when the run ends', () => {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const key = (id: string) => ['runs.log', { id }];
  for (const id of ['a', 'b']) client.setQueryData(key(id), []);
  const isStale = (id: string) => client.getQueryState(key(id))?.isInvalidated;
  applyRun(client, run('a', 3));
  expect(isStale('a')).toBe(false);
  applyRun(client, { ...run('a', 3), status: 'stopped' });
  expect([isStale('a'), isStale('b')]).toEqual([true, false]);
});
