import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import { type PlannedAdapter, plannedAdapterSchema } from '../../../src-shared/domain/adapter-reference.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { checkedRun, shortRun } from '../runs/run-yaml.ts';
import type { Services } from '../services/services.ts';

type Parts = Pick<Services, 'store'>;

/** The adapter of a reference, if it is in the studio by its id or its run. */
export function recordOf({ store }: Parts, reference: PlannedAdapter): AdapterRecord | null {
  if ('run' in reference) return null;
  const id = 'adapterId' in reference ? reference.adapterId : store.runs.find(reference.runId)?.adapterId;
  return id == null ? null : store.adapters.find(id);
}

/** The completed run that makes the adapter of a reference again in any home; null where none is known. */
export function runOf(
  { store }: Parts,
  reference: PlannedAdapter,
): { run: RunConfig; name?: string | undefined } | null {
  if ('run' in reference) return reference;
  const record = recordOf({ store }, reference);
  const run = record?.origin.kind === 'run' ? store.runs.find(record.origin.runId) : null;
  // A checkpoint is no end of a run, and a seed adapter is known by its id here alone.
  if (run === null || run.status !== 'completed' || run.adapterId !== record?.id) return null;
  return run.config.adapter.init_adapter === null ? { run: run.config, name: run.name } : null;
}

/** A config's settings with each adapter as the run that makes it again, where one is known; equal ones are the same object. */
export function withAdaptersAsRuns(parts: Parts, settings: Record<string, unknown>): Record<string, unknown> {
  const known = new Map<string, unknown>();
  const rewrite = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const reference = plannedAdapterSchema.safeParse(value);
    if (!reference.success)
      return Array.isArray(value)
        ? value.map(rewrite)
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item)]));
    const key = JSON.stringify(reference.data);
    if (!known.has(key)) known.set(key, asRun(parts, reference.data) ?? value);
    return known.get(key);
  };
  // One by one: a study of nothing but a run looks like an adapter itself.
  return Object.fromEntries(Object.entries(settings).map(([key, item]) => [key, rewrite(item)]));
}

function asRun(parts: Parts, reference: PlannedAdapter): unknown {
  const found = runOf(parts, reference);
  if (found === null) return null;
  try {
    return { run: shortRun(checkedRun(found.run)), ...(found.name === undefined ? {} : { name: found.name }) };
  } catch (thrown) {
    // A run of another version that this one would not train.
    if (thrown instanceof StudioError && thrown.code === 'invalid_input') return null;
    throw thrown;
  }
}
