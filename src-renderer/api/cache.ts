import type { QueryClient } from '@tanstack/react-query';
import type { EventPayload } from '../../src-shared/contract/events.ts';
import type { JobRecord } from '../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../src-shared/domain/runs/run.ts';
import { onConnection, onEvent, useBackendStatus } from './client.ts';
import { interruptedWork } from './lost-work.ts';

type ListName = EventPayload<'list.changed'>['list'];

/** Answers that a changed list makes stale. History (metrics, masks, logs) is not among them: it comes by events. */
const staleByList: Record<ListName, readonly string[]> = {
  models: ['models.list', 'models.get', 'models.fits', 'models.memory', 'models.cached'],
  datasets: [
    'datasets.list',
    'datasets.cached',
    'datasets.get',
    'datasets.preview',
    'datasets.inspect',
    'datasets.inspectRows',
    'datasets.texts',
    'datasets.tokens',
    'datasets.lengths',
    'models.fits',
    'evaluate.datasets',
  ],
  runs: ['runs.list', 'runs.get', 'runs.estimate', 'runs.forecast'],
  adapters: ['adapters.list', 'adapters.get', 'adapters.scores', 'generation.scorers', 'runs.checkpoints'],
  studies: ['studies.list', 'studies.get', 'studies.tuned', 'studies.submissions'],
  reports: ['reports.list', 'reports.get'],
  jobs: ['jobs.list', 'jobs.held', 'benchmarks.list'],
  chats: ['chats.list', 'chats.get'],
  settings: ['settings.get', 'app.doctor', 'app.status', 'models.memory', 'targets.list'],
};

/** Jobs whose results are scores of adapters. */
const scoringKinds: ReadonlySet<JobRecord['kind']> = new Set(['evaluate', 'merge', 'score']);

const activeStatuses: ReadonlySet<JobRecord['status']> = new Set(['queued', 'running', 'paused']);

/** Keeps the window's cached responses in step with the backend's events; undone by the returned function. */
export function followBackend(client: QueryClient): () => void {
  const stops = [
    onEvent('list.changed', ({ list }) => {
      const names = new Set(staleByList[list]);
      void client.invalidateQueries({ predicate: (query) => names.has(String(query.queryKey[0])) });
    }),
    onEvent('run.changed', (run) => applyRun(client, run)),
    onEvent('job.changed', (job) => applyJob(client, job)),
    onConnection((connected) => {
      if (connected) void client.invalidateQueries();
      else if (useBackendStatus.getState().status === 'lost') {
        const { runs, jobs } = interruptedWork(client);
        for (const run of runs) applyRun(client, run);
        for (const job of jobs) applyJob(client, job);
      }
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * A list that was called stale stays so: data that is put into it would make it count as fresh, without its new runs.
 */
export function applyRun(client: QueryClient, run: RunRecord): void {
  const before = client.getQueryData<RunRecord>(['runs.get', { id: run.id }]);
  client.setQueryData(['runs.get', { id: run.id }], run);
  // While a run is training it changes ten times a second, its checkpoints now and then.
  if (before?.status !== run.status || JSON.stringify(before.checkpoints) !== JSON.stringify(run.checkpoints))
    void client.invalidateQueries({ queryKey: ['runs.checkpoints', { id: run.id }] });
  // Log, samples and findings are polled while their run is training; the last of them are there before the run is said to have ended.
  if (run.status !== 'running')
    for (const name of ['runs.log', 'runs.samples', 'runs.diagnose'])
      void client.invalidateQueries({ queryKey: [name, { id: run.id }] });
  for (const query of client.getQueryCache().findAll({ queryKey: ['runs.list'] })) {
    if (query.state.isInvalidated) continue;
    client.setQueryData<RunRecord[]>(query.queryKey, (runs) =>
      runs?.map((other) => (other.id === run.id ? run : other)),
    );
  }
}

function applyJob(client: QueryClient, job: JobRecord): void {
  const before = client.getQueryData<JobRecord>(['jobs.get', { id: job.id }]);
  client.setQueryData(['jobs.get', { id: job.id }], job);
  for (const query of client.getQueryCache().findAll({ queryKey: ['jobs.list'] })) {
    if (query.state.isInvalidated) continue;
    const onlyActive = isOnlyActive(query.queryKey[1]);
    client.setQueryData<JobRecord[]>(query.queryKey, (jobs) => jobs && upsertJob(jobs, job, onlyActive));
  }
  if (before?.status !== job.status)
    for (const name of ['app.status', 'jobs.held']) void client.invalidateQueries({ queryKey: [name] });
  if (before?.status !== job.status && job.kind === 'benchmark')
    void client.invalidateQueries({ queryKey: ['benchmarks.list'] });
  if (job.status === 'completed' && scoringKinds.has(job.kind))
    void client.invalidateQueries({ queryKey: ['adapters.scores'] });
  // Estimates know the time of a step from now on.
  if (job.status === 'completed' && job.kind === 'time-steps')
    for (const name of ['runs.estimate', 'runs.forecast', 'studies.forecast'])
      void client.invalidateQueries({ queryKey: [name] });
}

/** The list with this job put in at the end, replaced, or taken out where only active jobs belong there. */
export function upsertJob(jobs: readonly JobRecord[], job: JobRecord, onlyActive: boolean): JobRecord[] {
  if (onlyActive && !activeStatuses.has(job.status)) return jobs.filter(({ id }) => id !== job.id);
  // The backend's order is that of the queue: a job that is there keeps its place.
  if (jobs.some(({ id }) => id === job.id)) return jobs.map((other) => (other.id === job.id ? job : other));
  return [...jobs, job];
}

function isOnlyActive(input: unknown): boolean {
  if (typeof input !== 'object' || input === null || !('active' in input)) return true;
  return input.active !== false;
}
