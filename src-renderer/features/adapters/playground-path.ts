import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { comparesWithTexts, type ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { adaptersStrings as words } from '../../strings/adapters.ts';

/** Returns true if a model classifies images, by a head or by texts of the classes. */
export function classifiesImages({ description }: Pick<ModelRecord, 'description'>): boolean {
  return description.kind === 'image-classification' || comparesWithTexts(description);
}

/** Returns the reason why the Playground does not run a model; null if it does, or while the model is unknown. */
export function modelNotPlayable(model: Pick<ModelRecord, 'description'> | undefined): string | null {
  if (model === undefined || model.description.kind === 'causal-lm' || classifiesImages(model)) return null;
  return words.notPlayable;
}

/** Returns the reason why the Playground cannot run an adapter; null if it can, or while the models are unknown. */
export function notPlayable(adapter: AdapterRecord, models: readonly ModelRecord[] | undefined): string | null {
  if (adapter.modelId === null) return words.noBase;
  return modelNotPlayable(models?.find(({ id }) => id === adapter.modelId));
}

/** The address that opens the Playground with these adapters beside their base. */
export function playgroundPath(adapterIds: readonly string[]): string {
  return `/playground?adapters=${encodeURIComponent(adapterIds.join(','))}`;
}
