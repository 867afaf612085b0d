import { basename } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import { isOver } from '../../../src-shared/domain/jobs/job.ts';
import { distinctNames } from '../../../src-shared/results/names.ts';
import { resolveModelFor } from '../generation/resolve-model-for.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { requireJob } from '../jobs/require-job.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { anyPath } from '../services/path-access.ts';
import { benchmarkJob } from './benchmark-job.ts';

const languageModel = {
  kinds: ['causal-lm'],
  does: 'run these tasks',
  hint: 'Choose a language model, e.g. small-llama.',
} as const;

/** Longest list that users can still look through. */
const maxListed = 500;

export function benchmarkHandlers(services: HandlerServices): Handlers<NamesOf<'benchmarks'>> {
  const { store, queue, hub, paths, reader } = services;
  // Task files from strangers need the user's permission.
  const isConfined = paths !== anyPath;
  /** The adapter that a run has made since, in place of the run. */
  const trained = (column: AdapterReference | null): AdapterReference | null => {
    const adapterId = column !== null && 'runId' in column ? store.runs.find(column.runId)?.adapterId : null;
    return adapterId == null ? column : { adapterId };
  };
  return {
    'benchmarks.tasks': async ({ tasks }) => {
      const place = { path: paths.readable(tasks), isConfined };
      // One row of each says whether its templates are sound.
      const prompt = { system: null, isMultiturn: true, templateOf: null };
      const { tasks: prepared } = await reader.read('benchmarks', { ...place, limit: 1, shots: null, prompt });
      return prepared.map(({ metrics, ...task }) => ({ ...task, metrics: metrics.map(({ name }) => name) }));
    },
    'benchmarks.start': async (request) => {
      // Chosen now, and still what was chosen when the studio is opened again before the job's turn.
      const tasks = paths.readable(request.tasks);
      const model = await resolveModelFor(languageModel, services, request.model);
      const resolved = { ...request, tasks, model: model.id };
      const nameOf = (adapter: AdapterReference) =>
        'adapterId' in adapter
          ? requireAdapter(store, adapter.adapterId).name
          : (store.runs.find(adapter.runId)?.name ?? adapter.runId);
      const names = distinctNames(request.columns.map((column) => (column === null ? model.name : nameOf(column))));
      return queue.add(
        benchmarkJob,
        { title: `Benchmark ${model.name} on ${basename(tasks)}`, subjectId: null },
        { request: resolved, names, isConfined },
      );
    },
    'benchmarks.list': async () =>
      store.jobs.newestOfKind('benchmark', maxListed).flatMap((job) => {
        // An unreadable job does not affect the others.
        const { data } = benchmarkJob.payload.safeParse(store.jobs.readablePayload(job.id));
        if (data === undefined) return [];
        const { request, names } = data;
        return [{ job, request: { ...request, columns: request.columns.map(trained) }, names }];
      }),
    'benchmarks.remove': async ({ id }) => {
      const job = requireJob(store, id);
      if (job.kind !== 'benchmark') throw new StudioError('refused', `"${job.title}" is not a benchmark.`);
      if (!isOver(job)) throw new StudioError('refused', `"${job.title}" has not ended.`, 'Cancel it first.');
      store.jobs.remove(id);
      hub.listChanged('jobs');
      return { ok: true };
    },
  };
}
