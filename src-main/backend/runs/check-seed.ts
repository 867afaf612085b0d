import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { adapterVariant, checkSeed, readAdapterOutline, resolveTargetModules } from '../../engine/api/adapters.ts';
import { savedModules, targetConfig } from './target-modules.ts';

/** Compares the adapter in a folder with what a run that starts from it trains. @throws StudioError where they differ */
export async function checkSeedFolder(folder: string, config: RunConfig, description: ModelDescription): Promise<void> {
  const seed = await readAdapterOutline(folder, description);
  const { variant: id, parameters } = config.adapter;
  const variant = adapterVariant(id);
  const modules = resolveTargetModules(targetConfig(config, description), description).map((module) => {
    const strength = variant.strength(parameters, [module.name, ...module.aliases]);
    const tensors = new Map(variant.parts(module, { ...strength, parameters }).map((part) => [part.name, part]));
    return [module.name, { ...strength, tensors }] as const;
  });
  const saved = savedModules(config, description).flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]);
  checkSeed(seed, {
    variant,
    modules: new Map(modules),
    saved: new Map(saved.map((name) => [name, null])),
    biases: new Map(),
  });
}
