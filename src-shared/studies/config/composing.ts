import { StudioError } from '../../contract/errors.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import { type ParameterValues, parameterSchema } from '../../domain/parameters/parameter.ts';
import type { StudyAdapter, StudyInput } from '../define-study.ts';

/** The declared parameters with their defaults filled in. @throws ZodError naming the parameter */
export function valuesOf(declaration: Declaration, { parameters }: StudyInput): ParameterValues {
  return parameterSchema(declaration.parameters).parse(parameters);
}

/** The dataset chosen, or the one that all these adapters were trained on. @throws StudioError refused */
export function datasetOf({ dataset, adapters }: StudyInput): string {
  if (dataset !== null) return dataset;
  const [only, ...others] = new Set(adapters.map(({ datasetId }) => datasetId));
  if (only && others.length === 0) return only;
  throw new StudioError(
    'refused',
    'The adapters were trained on different or unknown datasets.',
    'Choose the dataset to score them on.',
  ).at('dataset');
}

/** @throws StudioError refused if there is none, or if they have different bases */
export function requireOneBase(adapters: readonly StudyAdapter[]): void {
  const bases = new Set(adapters.map(({ modelId }) => modelId));
  if (bases.size === 0) throw new StudioError('refused', 'Choose at least one adapter.').at('adapters');
  if (bases.size > 1)
    throw new StudioError(
      'refused',
      'These adapters have different bases: a study needs a single base.',
      'Leave out those of another base.',
    ).at('adapters');
}

/** Adapters that differ in their seed only, in the order of first occurrence. */
export function groupsOf(
  adapters: readonly StudyAdapter[],
): { label: string; coto: boolean; adapters: readonly StudyAdapter[] }[] {
  return [...Map.groupBy(adapters, ({ group }) => group).values()].map((members) => ({
    label: members[0]?.label ?? '',
    coto: members[0]?.coto ?? false,
    adapters: members,
  }));
}

/** From the lowest seed, whatever order they are listed in; equal seeds stay in order. */
export function bySeed(adapters: readonly StudyAdapter[]): StudyAdapter[] {
  return adapters.toSorted((one, other) => one.seed - other.seed);
}

/** The same, with a number behind labels that several groups share (those of different ranks, for example). */
export function distinctGroups(adapters: readonly StudyAdapter[]): ReturnType<typeof groupsOf> {
  const groups = groupsOf(adapters);
  return groups.map((group, at) => {
    const same = groups.filter(({ label, coto }) => label === group.label && coto === group.coto);
    if (same.length < 2) return group;
    const place = groups.slice(0, at).filter(({ label, coto }) => label === group.label && coto === group.coto).length;
    return { ...group, label: `${group.label} (${place + 1})` };
  });
}

/** Seeds of one kind share a name and are averaged; an adapter without a distinct kind uses its own name. */
export function nameAmong(adapter: StudyAdapter, all: readonly StudyAdapter[]): string {
  const groups = groupsOf(all).filter(({ label }) => label === adapter.label);
  return groups.length === 1 ? adapter.label : adapter.name;
}

/** A series and its seed; seed 0 means that the seed is unknown, and the adapter's name is used alone. */
export function seriesName({ label, seed }: { readonly label: string; readonly seed: number }): string {
  return seed === 0 || /\bseed\s*=?\s*\d+$/i.test(label) ? label : `${label}, seed ${seed}`;
}
