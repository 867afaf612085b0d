import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import { comparesWithTexts, type ModelRecord } from '../../../src-shared/domain/model.ts';
import { adaptersStrings as words } from '../../strings/adapters.ts';

/** Whether a model says the class of an image: by a head, or by texts of the classes. */
export function classifiesImages({ description }: Pick<ModelRecord, 'description'>): boolean {
  return description.kind === 'image-classification' || comparesWithTexts(description);
}

/** Whether the Playground runs a model. */
export function isPlayable(model: Pick<ModelRecord, 'description'>): boolean {
  return model.description.kind === 'causal-lm' || classifiesImages(model);
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
