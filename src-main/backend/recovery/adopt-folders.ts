import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readBounded } from '../../files/foreign-file.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { baseFields } from '../library/adapters/adapter-base.ts';
import { readFacts } from '../library/adapters/adapter-facts.ts';
import { listRead } from '../library/adapters/adapters.ts';
import { baseFor } from '../library/adapters/find-base.ts';
import { originOf } from '../runs/run-file.ts';
import { adoptModels } from './adopt-models.ts';
import { adoptRuns } from './adopt-runs.ts';
import { reconcileRuns } from './reconcile-runs.ts';
import { readAdapterRecord } from './record-files.ts';
import type { Adoption } from './set-aside.ts';

/** Fields of report.json for its row. */
const storedSchema = z.object({
  name: z.string(),
  note: z.string().default(''),
  createdAt: z.iso.datetime().transform((time) => Date.parse(time)),
  runs: z.array(z.object({ id: z.string() })),
  studies: z.array(z.object({ id: z.string() })),
});

/** A home may be somebody else's: more is not read while it is opened. */
const largestBytes = 2 ** 26;

/** Adds the folders of reports that no row names, from the numbers beside their page. */
async function adoptReports(
  { home, store }: Pick<HandlerServices, 'home' | 'store'>,
  { skipped }: Pick<Adoption, 'skipped'>,
): Promise<number> {
  const known = new Set(store.reports.ids());
  let adopted = 0;
  for (const id of home.entries('reports').folders) {
    const folder = home.absolute('reports', id);
    if (known.has(id) || !existsSync(join(folder, 'report.html'))) continue;
    try {
      const [page, numbers] = [
        home.absolute('reports', id, 'report.html'),
        home.absolute('reports', id, 'report.json'),
      ];
      const { runs, studies, ...stored } = storedSchema.parse(JSON.parse(await readBounded(numbers, largestBytes)));
      store.reports.insert({
        id,
        ...stored,
        path: home.relative(page),
        runIds: runs.map((run) => run.id),
        studyIds: studies.map((study) => study.id),
      });
      adopted++;
    } catch (error) {
      skipped.push(`${join('reports', id)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return adopted;
}

/** Numbers of folders added, by kind. */
export interface Adopted {
  readonly models: number;
  readonly runs: number;
  readonly adapters: number;
  readonly reports: number;
}

/** Adds the folders in the home that no row names. */
export async function adoptFolders(services: HandlerServices, adoption: Adoption): Promise<Adopted> {
  // Each needs those before: an adapter its base and the run that made it.
  const models = await adoptModels(services, adoption);
  const runs = await adoptRuns(services, adoption);
  // Their checkpoints, and the history that goes with those.
  await reconcileRuns(services);
  const adapters = await adoptAdapters(services, adoption);
  return { models, runs, adapters, reports: await adoptReports(services, adoption) };
}

/** Adds the adapter folders that no row names. One that cannot be read is put aside, in a recovery. */
async function adoptAdapters(services: HandlerServices, { aside, skipped }: Adoption): Promise<number> {
  const { home, store } = services;
  const trained = new Map(
    [...store.runs.list(false), ...store.runs.list(true)].flatMap((run) =>
      run.adapterId === null ? [] : [[run.adapterId, run] as const],
    ),
  );
  let adopted = 0;
  for (const id of home.entries('adapters').folders) {
    const folder = home.absolute('adapters', id);
    if (!existsSync(join(folder, 'adapter_config.json')) || store.adapters.folders().includes(`adapters/${id}`))
      continue;
    const run = trained.get(id);
    const record = readAdapterRecord(home, id);
    try {
      const createdAt = record?.createdAt ?? Math.round(statSync(join(folder, 'adapter_config.json')).mtimeMs);
      const modelId = run?.modelId ?? record?.modelId ?? null;
      const base = await baseFor(folder, store.models.list(), modelId === null ? null : store.models.find(modelId));
      const dataset = record?.datasetId ?? run?.datasetId ?? null;
      await listRead(
        services,
        id,
        {
          name: record?.name ?? run?.name ?? id,
          ...baseFields(base),
          origin: record?.origin ?? (run === undefined ? { kind: 'import', path: folder } : originOf(run)),
          datasetId: dataset !== null && store.datasets.find(dataset) !== null ? dataset : null,
          accuracy: record?.accuracy ?? (run?.config.eval_split === 'test' ? (run.result?.accuracy ?? null) : null),
          metrics: record?.metrics ?? {},
        },
        async (read) => {
          const facts = await readFacts(read, base.description);
          // Files that have changed since the adapter was added are found when it is used.
          const { sha256, configSha256 } = record ?? facts;
          return { ...facts, sha256, ...(configSha256 === undefined ? {} : { configSha256 }) };
        },
        { keepFolder: true, createdAt },
      );
      if (record !== null) {
        const { tags, starred, archived } = record;
        store.adapters.update(id, { tags, starred, archived });
      }
      adopted++;
    } catch (error) {
      aside?.move(folder, 'adapters');
      skipped.push(`adapters/${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return adopted;
}
