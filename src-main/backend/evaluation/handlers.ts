import { access, constants, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { evaluateJob } from './evaluate-job.ts';
import { fittingDatasets } from './fitting-datasets.ts';

/** @throws StudioError invalid_input if no file can be written there, before anything is computed */
async function requireWritable(file: string): Promise<void> {
  const refuse = (why: string) =>
    new StudioError('invalid_input', `The predictions cannot be written to ${file}: ${why}.`, 'Choose another file.');
  if (!isAbsolute(file)) throw refuse('the path is not absolute');
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory()) throw refuse('it is a folder');
  const folder = await stat(dirname(file)).catch(() => null);
  if (!folder?.isDirectory()) throw refuse('its folder does not exist');
  await access(dirname(file), constants.W_OK).catch(() => {
    throw refuse('its folder cannot be written to');
  });
}

export function evaluateHandlers(services: HandlerServices): Handlers<NamesOf<'evaluate'>> {
  const { store, queue, paths } = services;
  return {
    'evaluate.datasets': (request) => fittingDatasets(services, request),
    'evaluate.start': async (request) => {
      if (request.predictions !== null) {
        paths.writable(request.predictions);
        await requireWritable(request.predictions);
      }
      const model = await resolveModel(services, request.model);
      const dataset = await resolveDataset(services, request.dataset);
      const names = request.adapters.flatMap(({ adapter }) =>
        'adapterId' in adapter
          ? requireAdapter(store, adapter.adapterId).name
          : (store.runs.find(adapter.runId)?.name ?? []),
      );
      const what = names.length > 0 ? names.join(' + ') : model.name;
      const [only] = request.adapters;
      const subjectId =
        request.adapters.length === 1 && only && 'adapterId' in only.adapter ? only.adapter.adapterId : null;
      // By their ids: the job need not look again at what lies at a path.
      const resolved = { ...request, model: model.id, dataset: dataset.id };
      const title = `Evaluate ${what} on ${dataset.name}`;
      return queue.add(evaluateJob, { title, subjectId }, { request: resolved });
    },
  };
}
