import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { MaskGroup, MaskUnit } from '../../../../src-shared/domain/evaluation/mask-table.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { modulesInLayers, type Outlined } from '../../prune/prune-method.ts';

/**
 * The groups of an adapter that masks switch, from the input up. Modules outside the layers are in none: they stay on, as
 * with CoTo.
 * @throws StudioError refused where there are fewer than two
 */
export function maskGroups(adapter: Outlined, description: ModelDescription, unit: MaskUnit): MaskGroup[] {
  const order = new Map(description.linears.map(({ name }, place) => [name, place]));
  const inLayers = modulesInLayers(adapter, description)
    .map((placed) => ({ ...placed, type: typeOf(placed.name) }))
    .sort((one, other) => one.layer - other.layer || (order.get(one.name) ?? 0) - (order.get(other.name) ?? 0));
  const nameOf = { layer: labelOf, 'module-type': ({ type }: Placed) => type, module: ({ name }: Placed) => name };
  const groups = [...Map.groupBy(inLayers, nameOf[unit])].map(([name, members]) => ({
    name,
    layers: [...new Set(members.map(({ layer }) => layer))],
    type: only(members.map(({ type }) => type)),
    modules: members.map((member) => member.name),
  }));
  if (groups.length >= 2) return groups;
  throw new StudioError(
    'refused',
    `The adapter has ${groups.length === 0 ? 'no group' : 'one group'} to switch (unit: ${unit}), so there is nothing to compare.`,
    'Choose smaller groups (unit: module), or an adapter of several layers.',
  );
}

/** The modules that are on under a mask, of all modules of an adapter: those of no group always are. */
export function modulesOn(all: Iterable<string>, groups: readonly MaskGroup[], mask: string): ReadonlySet<string> {
  const off = new Set(groups.flatMap(({ modules }, group) => (mask[group] === '1' ? [] : modules)));
  return new Set([...all].filter((name) => !off.has(name)));
}

interface Placed {
  readonly name: string;
  readonly layer: number;
  readonly type: string;
}

function labelOf({ layer }: Placed): string {
  return `layer ${layer}`;
}

/** The last part of the name: q_proj. */
function typeOf(name: string): string {
  return name.split('.').at(-1) ?? name;
}

function only<Value>(values: readonly Value[]): Value | null {
  const [first, ...others] = new Set(values);
  return first !== undefined && others.length === 0 ? first : null;
}
