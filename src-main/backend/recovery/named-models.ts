import { existsSync } from 'node:fs';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { describeModelCached } from '../library/models/models.ts';
import { readRunFile } from '../runs/run-file.ts';

/** A model as the run.json of a run names it. */
export interface NamedModel {
  readonly id: string;
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Null: of a run that was written before it was kept. */
  readonly fingerprint: string | null;
}

/** The models that the folders of runs name, each once. */
export function namedModels({ home }: Pick<HandlerServices, 'home'>): NamedModel[] {
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
export async function nameOf(
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
