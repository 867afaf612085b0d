import type { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { RunOrigin } from '../../../src-shared/domain/imported-run.ts';
import { type RunConfig, type RunRecord, runConfigSchema } from '../../../src-shared/domain/run.ts';
import type { HandlerServices } from '../handler-services.ts';
import { newId } from '../identifiers.ts';
import type { FoundRun } from './read-runs.ts';
import type { RecordedRun } from './readers/recorded-run.ts';
import { recordedResult } from './recorded-result.ts';

/**
 * Imports the runs at `path`. What cannot be read is left out.
 * @throws StudioError if nothing can be
 */
export async function importRuns(services: HandlerServices, path: string): Promise<RequestOutput<'runs.import'>> {
  const runs: RunRecord[] = [];
  const problems: StudioError[] = [];
  try {
    const keep = ({ format, path: source, run }: FoundRun): void => {
      runs.push(save(services, run, { format, path: source, run: run.name, settings: run.settings }));
    };
    const read = await services.reader.read('recordedRuns', { path }, { on: { run: keep } });
    problems.push(...read.problems.map((problem) => StudioError.fromValue(problem)));
  } catch (error) {
    // What was read before a limit is kept.
    if (!(error instanceof StudioError) || error.code !== 'refused') throw error;
    problems.push(error);
  }
  if (runs.length > 0) services.hub.listChanged('runs');
  else if (problems[0] !== undefined) throw problems[0];
  return { runs, skipped: problems.map(({ message }) => message) };
}

/** Adds the run, or brings the one that was imported from there before up to date. */
function save({ store, hub }: HandlerServices, recorded: RecordedRun, origin: RunOrigin): RunRecord {
  const result = recordedResult(recorded);
  const lastStep = recorded.columns.reduce((latest, { steps }) => Math.max(latest, steps.at(-1) ?? 0), 0);
  const run = store.transaction(() => {
    const known = store.runs.findImported(origin);
    const details = {
      config: recordedConfig(origin.settings),
      step: lastStep,
      result,
      startedAt: recorded.startedAt,
      finishedAt: recorded.finishedAt,
      origin,
    };
    const id = known?.id ?? newId('run');
    if (known !== null) {
      store.history.truncate(id, 0);
      store.runs.update(id, details);
    } else
      store.runs.insert({
        ...details,
        id,
        name: recorded.name,
        status: 'completed',
        modelId: '',
        datasetId: '',
        tags: [],
        note: '',
        starred: false,
        archived: false,
        studyId: null,
        facts: null,
        adapterId: null,
        error: null,
        checkpoints: [],
        folder: `runs/${id}`,
        createdAt: Date.now(),
      });
    store.history.insertMetrics(id, recorded.columns);
    return store.runs.find(id);
  });
  if (run === null) throw new Error('an imported run is gone');
  hub.runRestarted(run.id, 0);
  hub.runChanged(run);
  return run;
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
