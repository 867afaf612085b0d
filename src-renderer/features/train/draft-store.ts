import { create } from 'zustand';
import type { Declaration, ParameterValue } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { useRequest } from '../../api/query.ts';
import { type Draft, defaultDraft, draftOf } from './draft.ts';
import { type AppliedPreset, draftWithPreset } from './preset-changes.ts';
import type { YamlProblem } from './run-yaml.ts';

/** A run's YAML while it says something else than the form: its text, and why the form cannot follow it. */
export interface YamlDraft {
  readonly text: string;
  readonly problems: readonly YamlProblem[];
}

interface TrainForm {
  readonly draft: Draft;
  readonly name: string;
  readonly tags: readonly string[];
  readonly preset: AppliedPreset | null;
  /** Null: the YAML is made of the form. */
  readonly yaml: YamlDraft | null;
}

const empty: TrainForm = { draft: defaultDraft, name: '', tags: [], preset: null, yaml: null };

/** The form outlives the page: a look at another screen loses nothing that was typed. */
export const useTrainForm = create<TrainForm>(() => empty);

const change = useTrainForm.setState;

export function setField(name: string, value: ParameterValue): void {
  change(({ draft }) => ({ draft: { ...draft, [name]: value }, yaml: null }));
}

/** Puts a whole draft into the form; a field that it leaves out goes back to the preset's value, or to its default. */
export function changeDraft(draft: Draft): void {
  change(({ preset }) => ({ draft: { ...defaultDraft, ...preset?.settings, ...draft }, yaml: null }));
}

/** Puts the settings of a preset into the form, and takes out what is left of the one before; null: only that. */
export function applyPreset(preset: AppliedPreset | null): void {
  change((form) => ({
    draft: draftWithPreset(form.draft, form.preset, preset?.settings ?? {}),
    preset,
    yaml: null,
  }));
}

/** Stores typed YAML. The form follows if the YAML is a valid run, and stays unchanged otherwise. */
export function typeYaml(yaml: YamlDraft, config: RunConfig | null): void {
  change(config === null ? { yaml } : { yaml, draft: draftOf(config) });
}

export function discardYaml(): void {
  change({ yaml: null });
}

const none: readonly Declaration[] = [];

/** Returns the catalog's adapter variants; empty until they are loaded. */
export function useVariants(): readonly Declaration[] {
  return useRequest('app.catalog', {}).data?.adapterVariants ?? none;
}

export function resetForm(): void {
  change(empty);
}

/** Puts a whole config into the form: a cloned run, a YAML file. */
export function openConfig(config: RunConfig, name = '', tags: readonly string[] = []): void {
  change({ ...empty, draft: draftOf(config), name, tags });
}

export function setName(name: string): void {
  change({ name });
}

export function setTags(tags: readonly string[]): void {
  change({ tags });
}
