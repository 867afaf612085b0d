import { join } from 'node:path';
import { z } from 'zod';
import type { AdapterOrigin } from '../../../src-shared/domain/adapters/adapter.ts';
import { type DatasetRecord, datasetRecordSchema } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { type RunRecord, runRecordSchema } from '../../../src-shared/domain/runs/run.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { readOwnText } from '../../files/below.ts';
import { fileLimits } from '../../files/foreign-file.ts';
import { homePaths } from '../../store/home-paths.ts';
import type { Home } from '../home/home.ts';
import type { Services } from '../services/services.ts';

export const runFileName = 'run.json';

const runFileSchema = z.object({
  format: z.literal(1),
  run: runRecordSchema,
  model: z
    .object({
      name: z.string(),
      path: z
        .string()
        .describe('below the home relative to it, since the home can be moved; earlier versions wrote all as absolute'),
      fingerprint: z.string().nullable().default(null).describe('by which it is known again in another folder'),
    })
    .nullable(),
  dataset: datasetRecordSchema.pick({ name: true, source: true }).nullable(),
});
export type RunFile = z.infer<typeof runFileSchema>;

/**
 * Writes what the database has of a run, but for its history, into its folder, from which it can be read again; with what is
 * about to change in it.
 */
export async function writeRunFile(
  { home, store }: Pick<Services, 'home' | 'store'>,
  id: string,
  changes: Partial<RunRecord> = {},
): Promise<void> {
  const found = store.runs.find(id);
  if (found === null) return;
  const run = { ...found, ...changes };
  const [model, dataset] = [store.models.find(run.modelId), store.datasets.find(run.datasetId)];
  await writeFileAtomic(join(home.absolute(run.folder), runFileName), runFileText(home, run, { model, dataset }));
}

/** The content of that file. */
export function runFileText(
  home: Pick<Home, 'path'>,
  run: RunRecord,
  { model, dataset }: { readonly model: ModelRecord | null; readonly dataset: DatasetRecord | null },
): string {
  const content: RunFile = {
    format: 1,
    run,
    model: model && {
      name: model.name,
      path: homePaths(home.path).stored(model.path),
      fingerprint: model.description.fingerprint,
    },
    dataset: dataset && { name: dataset.name, source: dataset.source },
  };
  return `${JSON.stringify(content)}\n`;
}

/** With the absolute path of its model; null if the folder has none, or one that cannot be read. */
export function readRunFile({ path: home }: Pick<Home, 'path'>, folder: string): RunFile | null {
  try {
    const { model, ...rest } = runFileSchema.parse(
      JSON.parse(readOwnText(join(folder, runFileName), fileLimits.index) ?? ''),
    );
    return { ...rest, model: model && { ...model, path: homePaths(home).absolute(model.path) } };
  } catch {
    return null;
  }
}

/** Counterpart of `readRunFile` that takes the run's id from its folder, regardless of the file's. */
export function recordIn(file: RunFile, folder: string, id: string): RunRecord {
  return { ...file.run, id, folder, checkpoints: [], studyId: null };
}

/** The origin of the adapter that an ended run has left. */
export function originOf(run: Pick<RunRecord, 'id' | 'config' | 'result' | 'step'>): AdapterOrigin {
  const best = run.config.load_best_model_at_end ? run.result?.best : null;
  return { kind: 'run', runId: run.id, checkpoint: best ? 'best' : 'last', step: best?.step ?? run.step };
}
