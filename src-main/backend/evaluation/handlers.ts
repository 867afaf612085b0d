import { access, constants, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestArgument } from '../../../src-shared/contract/requests.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { DatasetFit } from '../../../src-shared/domain/evaluation/evaluation.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import { readAdapterOutline } from '../../engine/api/adapters.ts';
import { type HeadInUse, headInUse, requireTask, suitsLabels } from '../../engine/api/tasks.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { taskSettingsOn } from '../library/adapters/task-settings.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { evaluateJob } from './evaluate-job.ts';

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

/**
 * Lists the datasets that a model, alone or with an adapter, can be evaluated on, by their descriptions: no example is
 * read.
 */
async function fittingDatasets(
  services: HandlerServices,
  { model: reference, adapterId }: RequestArgument<'evaluate.datasets'>,
): Promise<DatasetFit[]> {
  const { store, home } = services;
  const model = await resolveModel(services, reference);
  const { description } = model;
  const adapter = adapterId === null ? null : requireAdapter(store, adapterId);
  const outline = adapter && (await readAdapterOutline(home.absolute(adapter.folder), description));
  const head = headInUse(description, outline);
  const fits: DatasetFit[] = [];
  for (const dataset of store.datasets.list()) {
    const columns = dataset.description.text?.columns ?? null;
    const settings = await taskSettingsOn(services, adapter ? [adapter] : [], model, columns);
    fits.push({ datasetId: dataset.id, problem: problemOf(dataset, description, settings, head) });
  }
  return fits;
}

function problemOf(
  { description: dataset }: DatasetRecord,
  model: ModelDescription,
  { task }: TaskSettings,
  head: HeadInUse,
): string | null {
  if (!dataset.splits.some(({ name, exampleCount }) => name === 'test' && exampleCount > 0))
    return 'It has no test examples.';
  let labels: readonly string[] | null;
  try {
    labels = requireTask(task, model, dataset).declaration.headLabels?.(model, dataset) ?? null;
  } catch (thrown) {
    if (thrown instanceof StudioError) return thrown.message;
    throw thrown;
  }
  if (labels === null || suitsLabels(head, labels)) return null;
  return head.labels !== null && head.labels.length === labels.length
    ? 'It has other labels.'
    : `It has ${labels.length} labels, the head ${head.rows}.`;
}
