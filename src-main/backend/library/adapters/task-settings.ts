import { z } from 'zod';
import { describeIssues, fieldOfIssues, StudioError } from '../../../../src-shared/contract/errors.ts';
import { type AdapterRecord, sourcesOf } from '../../../../src-shared/domain/adapters/adapter.ts';
import { type TaskSettings, taskSettingsOf, taskSettingsSchema } from '../../../../src-shared/domain/runs/task.ts';
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
