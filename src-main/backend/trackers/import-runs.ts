import { join } from 'node:path';
import type { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunOrigin } from '../../../src-shared/domain/runs/imported-run.ts';
import { type RunConfig, type RunRecord, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import type { MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';
import { writeHistoryPart } from '../../engine/api/training.ts';
import { discardFolder, removeFolder } from '../../files/atomic.ts';
import { newId } from '../../store/identifiers.ts';
import type { Services } from '../services/services.ts';
import type { FoundRun } from './read-runs.ts';
import { recordedResult } from './recorded-result.ts';
import { type ImportWatch, StagedHistories } from './staged-histories.ts';

type Parts = Pick<Services, 'home' | 'store' | 'hub' | 'reader'>;

/** Larger parts would hold the thread up for long while they are written. */
const valuesPerPart = 100_000;

/**
 * Imports the runs at `path`, a piece at a time between other requests, and shows all of them at the end. Unreadable
 * runs are left out.
 * @throws StudioError if nothing can be, or the reason of `signal`; nothing is imported then
 */
export async function importRuns(
  services: Parts,
  path: string,
  watch: ImportWatch,
): Promise<{ runIds: string[]; skipped: string[] }> {
  const { store, hub, reader } = services;
  const staged: RunRecord[] = [];
  const histories = new StagedHistories(store, watch);
  const problems: StudioError[] = [];
  const keep = (found: FoundRun): void => {
    const run = recordOf(found);
    store.runs.stage(run);
    staged.push(run);
    histories.add(run.id, found.run.columns);
  };
  try {
    try {
      const read = await reader.read('recordedRuns', { path }, { signal: watch.signal, on: { run: keep } });
      problems.push(...read.problems.map((problem) => StudioError.fromValue(problem)));
    } catch (error) {
      // Runs read before a limit are kept.
      if (!(error instanceof StudioError) || error.code !== 'refused') throw error;
      problems.push(error);
    }
    await histories.stored();
    if (staged.length === 0 && problems[0] !== undefined) throw problems[0];
  } catch (error) {
    await histories.stopped();
    await histories.discard(staged.map(({ id }) => id));
    throw error;
  }
  const replaced: string[] = [];
  const shown = store.transaction(() =>
    staged.map((run) => {
      const { id, before } = show(services, run);
      if (before !== null) replaced.push(before);
      return id;
    }),
  );
  for (const id of shown) {
    const run = store.runs.find(id);
    if (run === null) continue;
    hub.runRestarted(id, 0);
    hub.runChanged(run);
  }
  hub.listChanged('runs');
  await histories.discard(replaced);
  for (const id of shown) {
    const run = store.runs.find(id);
    if (run !== null) await keepImportedHistory(services, run);
  }
  return { runIds: shown, skipped: problems.map(({ message }) => message) };
}

/** Keeps the curves of an imported run in its folder as well, from which a rebuild of a lost database takes them. */
async function keepImportedHistory(
  { home, store }: Parts,
  { id, folder, step }: Pick<RunRecord, 'id' | 'folder' | 'step'>,
): Promise<void> {
  const path = home.absolute(folder);
  // Curves of an earlier import of the same run.
  await removeFolder(join(path, 'history'));
  let columns: MetricColumn[] = [];
  let count = 0;
  const write = async (): Promise<void> => {
    if (columns.length > 0) await writeHistoryPart(path, { step, columns, masks: [] });
    [columns, count] = [[], 0];
  };
  for (const name of store.history.metricNames(id)) {
    const { ends, mean } = store.history.curve(id, name, { from: null, to: null, buckets: Number.MAX_SAFE_INTEGER });
    columns.push({ name, steps: ends, values: mean });
    count += ends.length;
    if (count >= valuesPerPart) await write();
  }
  await write();
  // Removed meanwhile: its folder must not come back.
  if (store.runs.find(id) === null) discardFolder(path);
}

/** Shows a staged run, or brings the one that was imported from there before up to date. */
function show({ store }: Parts, run: RunRecord): { id: string; before: string | null } {
  const known = run.origin === undefined ? null : store.runs.findImported(run.origin);
  if (known === null) {
    store.runs.show(run.id);
    return { id: run.id, before: null };
  }
  const { config, step, result, startedAt, finishedAt, origin } = run;
  store.runs.update(known.id, { config, step, result, startedAt, finishedAt, ...(origin ? { origin } : {}) });
  return { id: known.id, before: store.runs.takeHistory(known.id, run.id) };
}

function recordOf({ format, path, run: recorded }: FoundRun): RunRecord {
  const id = newId('run');
  return {
    id,
    name: recorded.name,
    status: 'completed',
    config: recordedConfig(recorded.settings),
    modelId: '',
    datasetId: '',
    tags: [],
    note: '',
    starred: false,
    archived: false,
    studyId: null,
    step: recorded.columns.reduce((latest, { steps }) => Math.max(latest, steps.at(-1) ?? 0), 0),
    facts: null,
    result: recordedResult(recorded),
    adapterId: null,
    error: null,
    checkpoints: [],
    folder: `runs/${id}`,
    createdAt: Date.now(),
    startedAt: recorded.startedAt,
    finishedAt: recorded.finishedAt,
    origin: { format, path, run: recorded.name, settings: recorded.settings },
  };
}

/** The fields of a run's config that the settings have, by the names of Transformers; the others are defaults. */
function recordedConfig(settings: RunOrigin['settings']): RunConfig {
  const fields: Record<string, z.ZodType> = runConfigSchema.shape;
  const own = ['model', 'dataset', 'adapter', 'coto'];
  const known = Object.entries(settings).filter(
    ([name, value]) => !own.includes(name) && Object.hasOwn(fields, name) && fields[name]?.safeParse(value).success,
  );
  const base = settings['_name_or_path'] ?? settings['model_name_or_path'];
  // No variant of the catalog: whatever it was, it is not one of the studio's with its defaults.
  const adapter = { variant: 'imported' };
  const names = { model: typeof base === 'string' ? base : '', dataset: '', adapter };
  const parsed = runConfigSchema.safeParse({ ...Object.fromEntries(known), ...names });
  return parsed.success ? parsed.data : runConfigSchema.parse(names);
}
