import { QueryClient } from '@tanstack/react-query';
import { beforeEach, expect, test } from 'vitest';
import { followBackend } from '../../../src-renderer/api/cache.ts';
import { startClient } from '../../../src-renderer/api/client.ts';
import { useLostRuns } from '../../../src-renderer/api/lost-work.ts';
import type { BackendStatus, StudioBridge } from '../../../src-shared/contract/bridge.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { type RunRecord, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';

let tell: (status: BackendStatus) => void = () => undefined;
const bridge = {
  post: () => undefined,
  on: () => () => undefined,
  onStatus(listener: (status: BackendStatus) => void) {
    tell = listener;
    return () => undefined;
  },
} as Partial<StudioBridge> as StudioBridge;

function run(id: string, checkpoints: RunRecord['checkpoints']): RunRecord {
  return {
    ...{ id, name: `Run ${id}`, config: runConfigSchema.parse({}), modelId: 'base', datasetId: 'data' },
    ...{ status: 'running', tags: [], note: '', starred: false, archived: false, studyId: null, step: 28 },
    ...{ facts: null, result: null, adapterId: null, error: null, createdAt: 1, startedAt: 1, finishedAt: null },
    ...{ folder: `runs/${id}`, checkpoints },
  };
}

const job: JobRecord = {
  ...{ id: 'job', kind: 'train', title: 'Train Run a', status: 'running', subjectId: 'a', parentId: null, after: [] },
  ...{ progress: null, error: null, createdAt: 1, startedAt: 1, finishedAt: null },
};
const checkpoint = { kind: 'last', step: 20, folder: 'runs/a/last', accuracy: null, resumable: true } as const;
const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });

beforeEach(() => {
  client.clear();
  startClient(bridge);
  tell({ status: 'ready', generation: 1, error: null });
});

function lose(status: 'lost' | 'starting') {
  const unfollow = followBackend(client);
  tell({ status, generation: 1, error: null });
  unfollow();
}

const shown = (id: string) => client.getQueryData<RunRecord>(['runs.get', { id }]);

test('a run whose backend was lost is interrupted at once, with the step that it can be resumed from', () => {
  client.setQueryData(['runs.get', { id: 'a' }], run('a', [checkpoint]));
  client.setQueryData(['runs.list', {}], [run('a', [checkpoint]), run('b', [])]);
  client.setQueryData(['jobs.list', { active: true }], [job]);
  lose('lost');
  expect(shown('a')).toMatchObject({
    status: 'interrupted',
    error: {
      message: 'Training was interrupted unexpectedly.',
      hint: 'It can be resumed from its checkpoint at step 20.',
    },
  });
  expect(
    client.getQueryData<RunRecord[]>(['runs.list', {}])?.map(({ status, error }) => [status, error?.hint]),
  ).toEqual([
    ['interrupted', 'It can be resumed from its checkpoint at step 20.'],
    ['interrupted', 'No checkpoint had been saved, so it has to start again.'],
  ]);
  expect(client.getQueryData(['jobs.list', { active: true }])).toEqual([]);
  expect(useLostRuns.getState()).toEqual([
    { name: 'Run a', step: 20 },
    { name: 'Run b', step: null },
  ]);
});

test('a backend that rests while the home is moved interrupts nothing', () => {
  client.setQueryData(['runs.get', { id: 'a' }], run('a', [checkpoint]));
  lose('starting');
  expect(shown('a')?.status).toBe('running');
});
