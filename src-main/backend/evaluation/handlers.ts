import type { Handlers, NamesOf } from '../handler.ts';
import { evaluateJob } from '../jobs/evaluate.ts';
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
      return queue.add(evaluateJob, { title: `Evaluate ${what} on ${dataset.name}`, subjectId: null }, { request });
    },
  };
}
