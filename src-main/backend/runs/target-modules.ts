import type { LinearModule, ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { adapterVariant, isSavedBy, patternNames, savedByDefault } from '../../engine/api/adapters.ts';

/** Modules trained in full: modules_to_save, by default the head of a classifier. */
export function savedModules(config: RunConfig, description: ModelDescription): LinearModule[] {
  const entries = config.adapter.modules_to_save ?? savedByDefault(description, true);
  return description.linears.filter((module) =>
    entries.some((entry) => [module.name, ...module.aliases].some((name) => isSavedBy(name, entry))),
  );
}

/** The settings that select the modules that a run adapts. */
export function targetConfig(config: RunConfig, description: ModelDescription) {
  return { ...config.adapter, modules_to_save: savedModules(config, description).map((module) => module.name) };
}

/** Rank of the adapter of each target; null for a variant without ranks. */
export function ranksOf(
  { variant, parameters }: RunConfig['adapter'],
  targets: readonly LinearModule[],
): (number | null)[] {
  const { strength } = adapterVariant(variant);
  return targets.map((target) => strength(parameters, patternNames(target)).rank);
}

/** Names of the schedule's units in the order of the model: layers, or modules. */
export function groupNames(coto: RunConfig['coto'], targets: readonly LinearModule[]): string[] {
  const names = targets
    .filter((module) => module.layer !== null)
    .map((module) => (coto?.granularity === 'module' ? module.name : `layers.${module.layer}`));
  return [...new Set(names)];
}
