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
import { taskSettingsFor } from '../library/adapters/task-settings.ts';
import { resolveModel } from '../library/models/models.ts';

/**
 * Lists the datasets that a model, alone or with an adapter, can be evaluated on, by their descriptions: no example is
 * read.
 */
export async function fittingDatasets(
  services: HandlerServices,
  { model: reference, adapterId }: RequestArgument<'evaluate.datasets'>,
): Promise<DatasetFit[]> {
  const { store, home } = services;
  const { description } = await resolveModel(services, reference);
  const adapter = adapterId === null ? null : requireAdapter(store, adapterId);
  const outline = adapter && (await readAdapterOutline(home.absolute(adapter.folder), description));
  const settings = taskSettingsFor(store, adapter ? [adapter] : []);
  const head = headInUse(description, outline);
  return store.datasets.list().map((dataset) => ({
    datasetId: dataset.id,
    problem: problemOf(dataset, description, settings, head),
  }));
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
