import type { Declaration, ParameterValue } from '../../../src-shared/domain/parameters/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import type { ParameterBases } from '../../components/form/parameter-origin.ts';
import { type Draft, defaultDraft, defaultsOf, withDefaults } from './draft.ts';
import { runFields } from './run-fields.ts';

/** A recipe that was applied: what its values were, so that they can be told from yours. */
export interface AppliedPreset {
  readonly id: string;
  readonly settings: Draft;
}

/**
 * The draft under another recipe: values of the one before go back to their defaults, all others stay unless the new one sets
 * them.
 */
export function draftWithPreset(draft: Draft, before: AppliedPreset | null, settings: Draft): Draft {
  const own = Object.entries(draft).filter(([name, value]) => before === null || !isSame(value, before.settings[name]));
  return { ...defaultDraft, ...Object.fromEntries(own), ...settings };
}

export interface PresetChange {
  readonly name: string;
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

/** Lists the differences of two drafts in the form's order; CoTo's settings only if it is on afterwards. */
export function draftChanges(before: Draft, after: Draft, variants: readonly Declaration[]): PresetChange[] {
  const [old, next] = [withDefaults(before, variants), withDefaults(after, variants)];
  const fields = [...runFields(after, variants)];
  return fields.flatMap(({ name, label, choices, empty }) => {
    if (name.startsWith('coto.') && after['coto'] !== true) return [];
    if (isSame(old[name], next[name])) return [];
    const words = (value: ParameterValue | undefined) => valueWords(value, choices, empty);
    return [{ name, label, from: words(old[name]), to: words(next[name]) }];
  });
}

function valueWords(
  value: ParameterValue | undefined,
  choices: readonly { value: string; label: string }[] | undefined,
  empty: string | undefined,
): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return choices?.find((choice) => choice.value === value)?.label ?? (textOfValue(value).trim() || (empty ?? 'none'));
}

/** The values that count as the recipe's, for the form. */
export function presetBases(preset: AppliedPreset | null): ParameterBases {
  return Object.fromEntries(
    Object.entries(preset?.settings ?? {}).map(([name, value]) => [name, { value, from: 'preset' as const }]),
  );
}

/** Returns the number of fields that differ from both the default and the preset. */
export function ownChanges(draft: Draft, preset: AppliedPreset | null, variants: readonly Declaration[]): number {
  const bases: Draft = { ...defaultsOf(draft, variants), ...preset?.settings };
  return runFields(draft, variants).filter(
    ({ name }) =>
      !(name.startsWith('coto.') && draft['coto'] !== true) &&
      draft[name] !== undefined &&
      !isSame(draft[name], bases[name]),
  ).length;
}

function isSame(one: ParameterValue | undefined, other: ParameterValue | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
