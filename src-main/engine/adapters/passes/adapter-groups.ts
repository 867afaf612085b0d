import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { AdapterUse } from '../../compute/pass-recorder.ts';
import type { TrainedModule } from '../variant/variant-training.ts';

/** Adapters that CoTo switches together. */
export interface AdapterGroup {
  readonly name: string;
  readonly layer: number;
  readonly modules: readonly string[];
  readonly variableNames: readonly string[];
}

/** The modules or variables of the groups that a mask switches off (1 is on, null everything). */
export function namesOff(
  groups: readonly AdapterGroup[],
  mask: Uint8Array | null,
  kind: 'modules' | 'variableNames',
): ReadonlySet<string> {
  return new Set(mask === null ? [] : groups.flatMap((group, index) => (mask[index] ? [] : group[kind])));
}

/** Factors on the updates of the modules of groups, by name, where they are neither 0 nor 1. */
export function gatesByModule(
  groups: readonly AdapterGroup[],
  gates: Float32Array | null,
): ReadonlyMap<string, number> {
  const byModule = new Map<string, number>();
  groups.forEach(({ modules }, index) => {
    const gate = gates?.[index] ?? 1;
    if (gate !== 0 && gate !== 1) for (const name of modules) byModule.set(name, gate);
  });
  return byModule;
}

/** Groups from the input up. Adapters outside the layers (the head's) belong to none. */
export function adapterGroups(
  adapted: ReadonlyMap<string, TrainedModule>,
  granularity: 'layer' | 'module',
): AdapterGroup[] {
  const groups = new Map<string, { layer: number; modules: TrainedModule[] }>();
  for (const one of adapted.values()) {
    const { layer, name: own } = one.module;
    if (layer === null) continue;
    const name = granularity === 'layer' ? `layers.${layer}` : own;
    const group = groups.get(name) ?? { layer, modules: [] };
    group.modules.push(one);
    groups.set(name, group);
  }
  return [...groups].map(([name, { layer, modules }]) => ({
    name,
    layer,
    modules: modules.map(({ module }) => module.name),
    variableNames: modules.flatMap(({ trainedNames }) => [...trainedNames.values()]),
  }));
}

/** By name how the adapters of each layer are used, and behind the last layer those of modules in none. */
export type UsesByLayer = readonly ReadonlyMap<string, AdapterUse>[];

export function usesByLayer(
  modules: readonly LinearModule[],
  layerCount: number,
  useOf: (module: LinearModule) => AdapterUse,
): UsesByLayer {
  const uses = Array.from({ length: layerCount + 1 }, () => new Map<string, AdapterUse>());
  for (const module of modules) uses[module.layer ?? layerCount]?.set(module.name, useOf(module));
  return uses;
}
