import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths } from '../../store/home-paths.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { addModel, describeModelCached } from '../library/models/models.ts';
import { readRunFile } from '../runs/run-file.ts';
import { idsOf, readRecords } from './record-files.ts';
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
  return adopted + (await adoptOthers(services, named));
}

/** Adds the models outside of the home that its records name, where they are still there. */
async function adoptOthers(services: HandlerServices, named: readonly NamedModel[]): Promise<number> {
  const { home, store } = services;
  const recorded = new Set(idsOf(home, 'model'));
  let adopted = 0;
  for (const { id, name, path } of named) {
    if (!recorded.has(id) || store.models.find(id) !== null || store.models.findByPath(path) !== null) continue;
    if (!existsSync(path)) continue;
    try {
      await addModel(services, path, { name, id });
      adopted++;
    } catch {
      // Its runs and adapters name it as well, and are added without it.
    }
  }
  return adopted;
}

/** A model as the home's records or the run.json of a run name it. */
interface NamedModel {
  readonly id: string;
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Null: of a run that was written before it was kept. */
  readonly fingerprint: string | null;
}

/** The models that the home's own records and the folders of runs name, each once. */
function namedModels({ home }: Pick<HandlerServices, 'home'>): NamedModel[] {
  const named = new Map<string, NamedModel>();
  for (const { path, ...model } of readRecords(home, 'model'))
    named.set(model.id, { ...model, path: homePaths(home.path).absolute(path) });
  for (const folder of home.entries('runs').folders) {
    const file = readRunFile(home, home.absolute('runs', folder));
    if (file?.model && !named.has(file.run.modelId))
      named.set(file.run.modelId, { id: file.run.modelId, ...file.model });
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
