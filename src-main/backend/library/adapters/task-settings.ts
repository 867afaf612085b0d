import { z } from 'zod';
import { describeIssues, fieldOfIssues, StudioError } from '../../../../src-shared/contract/errors.ts';
import { type AdapterRecord, sourcesOf } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { TextColumns } from '../../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { type TaskSettings, taskSettingsOf, taskSettingsSchema } from '../../../../src-shared/domain/runs/task.ts';
import { tasks } from '../../../../src-shared/tasks/index.ts';
import type { TaskDeclaration } from '../../../../src-shared/tasks/task.ts';
import { readAdapterOutline } from '../../../engine/api/adapters.ts';
import { headInUse } from '../../../engine/api/tasks.ts';
import type { Services } from '../../services/services.ts';

const strictSchema = z.strictObject(taskSettingsSchema.shape);

/**
 * Task settings of an adapter: those of the run that trained it or its first ancestor. Defaults for imported
 * adapters, and if the run is gone.
 */
export function taskSettingsFor(store: Services['store'], adapters: readonly AdapterRecord[]): TaskSettings {
  for (const adapter of adapters) {
    const found = settingsOf(store, adapter);
    if (found !== null) return found;
  }
  return taskSettingsSchema.parse({});
}

/**
 * Task settings of adapters on a dataset, as `taskSettingsFor`; an imported adapter whose head shows its task has that task.
 * @param columns of the dataset; null where none is chosen
 */
export async function taskSettingsOn(
  { store, home }: Pick<Services, 'store' | 'home'>,
  adapters: readonly AdapterRecord[],
  { description }: Pick<ModelRecord, 'description'>,
  columns: TextColumns | null,
): Promise<TaskSettings> {
  const [first] = adapters;
  const isKnown = adapters.some((adapter) => settingsOf(store, adapter) !== null);
  const settings = taskSettingsFor(store, adapters);
  if (first === undefined || isKnown) return settings;
  const outline = await readAdapterOutline(home.absolute(first.folder), description, true);
  const head = { taskType: outline.config.task_type, outputs: headInUse(description, outline).rows };
  const task = tasks.find((one: TaskDeclaration) => one.recognizes?.(head, columns) === true);
  return task === undefined ? settings : { ...settings, task: task.id };
}

/** Settings of the run that trained an adapter or its first ancestor; null where none is known. */
export function settingsOf(store: Services['store'], adapter: AdapterRecord): TaskSettings | null {
  return ownSettings(store, adapter, new Set());
}

function ownSettings(store: Services['store'], { id, origin }: AdapterRecord, met: Set<string>): TaskSettings | null {
  if (met.has(id)) return null;
  met.add(id);
  if (origin.kind === 'run') {
    const run = store.runs.find(origin.runId);
    return run === null ? null : taskSettingsOf(run.config);
  }
  for (const { adapterId } of sourcesOf(origin)) {
    const record = store.adapters.find(adapterId);
    const found = record === null ? null : ownSettings(store, record, met);
    if (found !== null) return found;
  }
  return null;
}

/** @throws StudioError invalid_input naming the key. */
export function withChanges(settings: TaskSettings, changes: Readonly<Record<string, unknown>>): TaskSettings {
  const parsed = strictSchema.safeParse({ ...settings, ...changes });
  if (parsed.success) return parsed.data;
  throw new StudioError(
    'invalid_input',
    `The settings of the task are not valid: ${describeIssues(parsed.error)}.`,
    `Keys: ${Object.keys(taskSettingsSchema.shape).join(', ')}.`,
  ).at(fieldOfIssues(parsed.error.issues) ?? 'settings');
}
