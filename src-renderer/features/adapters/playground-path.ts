import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import { adaptersStrings as words } from '../../strings/adapters.ts';

/** Kinds of models that the Playground runs. */
const playable: ReadonlySet<string> = new Set(['causal-lm', 'image-classification']);

/** Whether the Playground runs a model. */
export function isPlayable({ description }: Pick<ModelRecord, 'description'>): boolean {
  return playable.has(description.kind);
}

/** Why an adapter cannot be tried in the Playground; null where it can, or as long as the models are not known. */
export function notPlayable(adapter: AdapterRecord, models: readonly ModelRecord[] | undefined): string | null {
  if (adapter.modelId === null) return words.noBase;
  const model = models?.find(({ id }) => id === adapter.modelId);
  return model === undefined || isPlayable(model) ? null : words.notPlayable;
}

/** The address that opens the Playground with these adapters beside their base. */
export function playgroundPath(adapterIds: readonly string[]): string {
  return `/playground?adapters=${encodeURIComponent(adapterIds.join(','))}`;
}
