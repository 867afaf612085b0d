import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { Draft } from '../draft.ts';

/** The base as far as a recipe depends on it; undefined until one is chosen. */
export type PresetBase = Pick<ModelDescription, 'image' | 'linears'> | undefined;

/** A recipe: settings of a run under a name, with where they come from. */
export interface Preset {
  readonly id: string;
  readonly label: string;
  /** Purpose of the preset, and the choices it leaves to the user. */
  readonly summary: string;
  /** Null: of this app. */
  readonly source: { readonly title: string; readonly url: string } | null;
  /** By the names of the form's fields; what is not named stays as it is. */
  settings(base: PresetBase): Draft;
}

/** The first of these lists of last names of which the base has every module. */
export function targets(base: PresetBase, ...lists: readonly (readonly string[])[]): Draft {
  const known = new Set(base?.linears.flatMap(({ name, expert }) => (expert ? [] : name.split('.').at(-1))));
  const names = lists.find((list) => list.every((name) => known.has(name)));
  return names ? { 'adapter.target_modules': [...names] } : {};
}
