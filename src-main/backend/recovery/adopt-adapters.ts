import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { listAdapter } from '../library/adapters/adapters.ts';
import { baseFor } from '../library/adapters/find-base.ts';
import { requireModel } from '../library/models/models.ts';
import { originOf } from '../runs/run-file.ts';
import type { Adoption } from './set-aside.ts';

/** Adds the adapter folders that no row names. One that cannot be read is put aside, in a recovery. */
export async function adoptAdapters(services: HandlerServices, { aside, skipped }: Adoption): Promise<number> {
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
    try {
      const createdAt = Math.round(statSync(join(folder, 'adapter_config.json')).mtimeMs);
      const base = await baseFor(
        folder,
        store.models.list(),
        run === undefined ? null : requireModel(store, run.modelId),
      );
      await listAdapter(
        services,
        id,
        {
          name: run?.name ?? id,
          base,
          origin: run === undefined ? { kind: 'import', path: folder } : originOf(run),
          datasetId: run?.datasetId ?? null,
          accuracy: run?.config.eval_split === 'test' ? (run.result?.accuracy ?? null) : null,
        },
        { keepFolder: true, createdAt },
      );
      adopted++;
    } catch (error) {
      aside?.move(folder, 'adapters');
      skipped.push(`adapters/${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return adopted;
}
