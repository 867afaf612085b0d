import { basename } from 'node:path';
import type { AdapterReference } from '../../../src-shared/domain/adapter-reference.ts';
import { distinctNames } from '../../../src-shared/results/names.ts';
import { resolveModelFor } from '../generation/resolve-model-for.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import type { HandlerServices } from '../handler-services.ts';
import { benchmarkJob } from '../jobs/benchmark.ts';
import { requireAdapter } from '../library/adapters.ts';
import { anyPath } from '../path-access.ts';

const languageModel = {
  kind: 'causal-lm',
  does: 'run these tasks',
  hint: 'Choose a language model, e.g. small-llama.',
} as const;

/** As many as are looked through by eye. */
const mostListed = 500;

export function benchmarkHandlers(services: HandlerServices): Handlers<NamesOf<'benchmarks'>> {
  const { store, queue, paths, reader } = services;
  // What the task of a stranger names is the person's to allow.
  const isConfined = paths !== anyPath;
  return {
    'benchmarks.tasks': async ({ tasks }) => {
      const place = { path: paths.readable(tasks), isConfined };
      // One row of each says whether its templates are sound.
      const { tasks: prepared } = await reader.read('benchmarks', { ...place, limit: 1, shots: null });
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
      store.jobs.newestOfKind('benchmark', mostListed).flatMap((job) => {
        // What cannot be read costs the list no other.
        const { data } = benchmarkJob.payload.safeParse(store.jobs.readablePayload(job.id));
        return data === undefined ? [] : [{ job, request: data.request, names: data.names }];
      }),
  };
}
