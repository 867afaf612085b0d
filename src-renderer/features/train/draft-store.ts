import { create } from 'zustand';
import type { Declaration, ParameterValue } from '../../../src-shared/domain/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { useRequest } from '../../api/query.ts';
import { type Draft, defaultDraft, draftOf } from './draft.ts';

interface TrainForm {
  readonly draft: Draft;
  readonly name: string;
  readonly tags: readonly string[];
}

/** The form outlives the page: a look at another screen loses nothing that was typed. */
export const useTrainForm = create<TrainForm>(() => ({ draft: defaultDraft, name: '', tags: [] }));

const change = useTrainForm.setState;

export function setField(name: string, value: ParameterValue): void {
  change(({ draft }) => ({ draft: { ...draft, [name]: value } }));
}

/** Puts a whole draft into the form; a field that it leaves out goes back to its default. */
export function changeDraft(draft: Draft): void {
  change({ draft: { ...defaultDraft, ...draft } });
}

const none: readonly Declaration[] = [];

/** What the catalog says of the adapter variants; none until it has come. */
export function useVariants(): readonly Declaration[] {
  return useRequest('app.catalog', {}).data?.adapterVariants ?? none;
}

export function resetForm(): void {
  change({ draft: defaultDraft, name: '', tags: [] });
}

/** Puts a whole config into the form: a cloned run, a YAML file. */
export function openConfig(config: RunConfig, name = '', tags: readonly string[] = []): void {
  change({ draft: draftOf(config), name, tags });
}

export function setName(name: string): void {
  change({ name });
}

export function setTags(tags: readonly string[]): void {
  change({ tags });
}
