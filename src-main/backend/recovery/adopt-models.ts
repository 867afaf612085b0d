import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { addModel } from '../library/models/models.ts';
import { namedModels, nameOf } from './named-models.ts';
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
