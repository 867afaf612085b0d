import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValue } from '../../../src-shared/domain/parameters/parameter.ts';
import { modulesInLayers, type Outlined } from './prune-method.ts';

/** Modules that are kept or removed together. */
export interface PruneUnit {
  readonly name: string;
  readonly modules: readonly string[];
}

/** The layers, or the modules, of an adapter from the input up; modules outside the layers are in none: they stay. */
export function unitsOf(
  adapter: Outlined,
  description: ModelDescription,
  unit: ParameterValue | undefined,
): PruneUnit[] {
  const groups = Map.groupBy(modulesInLayers(adapter, description), ({ name, layer }) =>
    unit === 'module' ? name : `layer ${layer}`,
  );
  return [...groups]
    .map(([name, modules]) => ({ name, layer: modules[0]?.layer ?? 0, modules: modules.map((one) => one.name) }))
    .sort((one, other) => one.layer - other.layer);
}

/** Names of the modules of `units`, and of those that are in no unit. */
export function modulesOf(adapter: Outlined, all: readonly PruneUnit[], kept: Iterable<PruneUnit>): Set<string> {
  const inUnits = new Set(all.flatMap(({ modules }) => modules));
  const outside = [...adapter.modules.keys()].filter((name) => !inUnits.has(name));
  return new Set([...outside, ...[...kept].flatMap(({ modules }) => modules)]);
}

/** The first `count` units by falling value; of equal ones those nearer the input. */
export function highest(values: ReadonlyMap<PruneUnit, number>, count: number): Set<PruneUnit> {
  const ordered = [...values].sort(([, one], [, other]) => other - one).map(([unit]) => unit);
  return new Set(ordered.slice(0, count));
}
