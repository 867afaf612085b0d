import { evaluationResultSchema } from '../../../src-shared/domain/evaluation.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import { requireJob } from '../jobs/require-job.ts';
import { requireAdapter } from '../library/adapters.ts';
import { resolveDataset } from '../library/datasets.ts';
import { resolveModel } from '../library/models.ts';
import type { HandlerServices } from '../services.ts';

export function evaluateHandlers(services: HandlerServices): Handlers<NamesOf<'evaluate'>> {
  const { store, queue } = services;
  return {
    'evaluate.start': async (request) => {
      const model = await resolveModel(services, request.model);
      const dataset = await resolveDataset(services, request.dataset);
      const names = request.adapters.flatMap(({ adapter }) =>
        'adapterId' in adapter
          ? requireAdapter(store, adapter.adapterId).name
          : (store.runs.find(adapter.runId)?.name ?? []),
      );
      const what = names.length > 0 ? names.join(' + ') : model.name;
      return queue.add('evaluate', { title: `Evaluate ${what} on ${dataset.name}`, subjectId: null }, { request });
    },
    'evaluate.result': ({ jobId }) => {
      requireJob(store, jobId, 'evaluate');
      return evaluationResultSchema.nullable().parse(store.jobs.result(jobId));
    },
  };
}
