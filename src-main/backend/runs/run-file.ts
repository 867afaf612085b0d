import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AdapterOrigin } from '../../../src-shared/domain/adapters/adapter.ts';
import { type DatasetRecord, datasetRecordSchema } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { type RunRecord, runRecordSchema } from '../../../src-shared/domain/runs/run.ts';
import { discardFolder, writeFileAtomic } from '../../files/atomic.ts';
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
  await inTurn(id, async () => {
    const found = store.runs.find(id);
    if (found !== null) await writeWhole({ home, store }, { ...found, ...changes });
  });
}

async function writeWhole({ home, store }: Pick<Services, 'home' | 'store'>, run: RunRecord): Promise<void> {
  const [model, dataset] = [store.models.find(run.modelId), store.datasets.find(run.datasetId)];
  await writeFileAtomic(join(home.absolute(run.folder), runFileName), runFileText(home, run, { model, dataset }));
}

/** Fields of a run that a person edits, or that follow from its study. */
export function editsOf({ name, tags, note, starred, archived, studyId }: RunRecord) {
  return { name, tags, note, starred, archived, studyId };
}

/** Writes what a person has edited into the run.json of a run; everything else in it stays as the training has written it. */
export async function writeRunEdits(parts: Pick<Services, 'home' | 'store'>, id: string): Promise<void> {
  const { home, store } = parts;
  await inTurn(id, async () => {
    const run = store.runs.find(id);
    if (run === null) return;
    const folder = home.absolute(run.folder);
    const file = readRunFile(home, folder);
    if (file === null) await writeWhole(parts, run);
    else if (!isDeepStrictEqual(editsOf(file.run), editsOf(run))) {
      const model = file.model && { ...file.model, path: homePaths(home.path).stored(file.model.path) };
      const content: RunFile = { ...file, model, run: { ...file.run, ...editsOf(run) } };
      await writeFileAtomic(join(folder, runFileName), `${JSON.stringify(content)}\n`);
    }
    // Removed meanwhile: its folder must not come back.
    if (store.runs.find(id) === null) discardFolder(folder);
  });
}

const turns = new Map<string, Promise<void>>();

/** Writes to the file of one run come one after the other. */
async function inTurn(id: string, work: () => Promise<void>): Promise<void> {
  const own = (turns.get(id) ?? Promise.resolve()).catch(() => undefined).then(work);
  turns.set(id, own);
  try {
    await own;
  } finally {
    if (turns.get(id) === own) turns.delete(id);
  }
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
