import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { addModel, describeModelCached } from '../library/models/models.ts';
import { readRunFile } from '../runs/run-file.ts';
import type { Adoption } from './set-aside.ts';

/**
 * Adds the models in the home that no row names: those that the studio has downloaded, converted or trained. One that a run was
 * trained on gets its id and name again.
 */
export async function adoptModels(services: HandlerServices, { skipped }: Adoption): Promise<number> {
  const { home, store } = services;
  let adopted = 0;
  const named = namedModels(services);
  for (const name of home.entries('models').folders) {
    const folder = home.absolute('models', name);
    if (!existsSync(join(folder, 'config.json')) || store.models.paths().includes(folder)) continue;
    try {
      const before = await nameOf(services, folder, named);
      await addModel(services, folder, before === null ? {} : { name: before.name, id: before.id });
      adopted++;
    } catch (error) {
      skipped.push(`models/${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return adopted;
}

/** A model as the run.json of a run names it. */
interface NamedModel {
  readonly id: string;
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Null: of a run that was written before it was kept. */
  readonly fingerprint: string | null;
}

/** The models that the folders of runs name, each once. */
function namedModels({ home }: Pick<HandlerServices, 'home'>): NamedModel[] {
  const named = new Map<string, NamedModel>();
  for (const folder of home.entries('runs').folders) {
    const file = readRunFile(home, home.absolute('runs', folder));
    if (file?.model) named.set(file.run.modelId, { id: file.run.modelId, ...file.model });
  }
  return [...named.values()];
}

/**
 * The one of `named` that a folder holds: that of its path, else that of its content, if the folder that it names is gone. Null
 * if there is none, or the studio has a model of that id.
 */
async function nameOf(
  services: Pick<HandlerServices, 'store' | 'reader'>,
  folder: string,
  named: readonly NamedModel[],
): Promise<NamedModel | null> {
  const free = named.filter(({ id }) => services.store.models.find(id) === null);
  const byPath = free.find(({ path }) => path === folder);
  if (byPath !== undefined) return byPath;
  const moved = free.filter(({ path }) => !existsSync(path));
  if (moved.length === 0) return null;
  const { fingerprint } = await describeModelCached(services, folder);
  return moved.find((model) => model.fingerprint === fingerprint) ?? null;
}
