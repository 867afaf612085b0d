import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { comparesWithTexts, type ModelRecord, writesText } from '../../../src-shared/domain/models/model.ts';
import { adaptersStrings as words } from '../../strings/adapters.ts';

/** Returns true if a model classifies images, by a head or by texts of the classes. */
export function classifiesImages({ description }: Pick<ModelRecord, 'description'>): boolean {
  return description.kind === 'image-classification' || comparesWithTexts(description);
}

/** Returns the reason why the Playground does not run a model; null if it does, or while the model is unknown. */
export function modelNotPlayable(model: Pick<ModelRecord, 'description'> | undefined): string | null {
  if (model === undefined || writesText(model.description) || classifiesImages(model)) return null;
  return words.notPlayable;
}

/**
 * Returns the reason why the Playground cannot run an adapter; null if it can, or while the models are unknown.
 * @param scorers ids of the adapters that give rewards, also on models that write no text
 */
export function notPlayable(
  adapter: AdapterRecord,
  models: readonly ModelRecord[] | undefined,
  scorers: readonly string[] | undefined,
): string | null {
  if (adapter.modelId === null) return words.noBase;
  if (scorers?.includes(adapter.id)) return null;
  return modelNotPlayable(models?.find(({ id }) => id === adapter.modelId));
}

/** The address that opens the Playground with these adapters beside their base. */
export function playgroundPath(adapterIds: readonly string[]): string {
  return `/playground?adapters=${encodeURIComponent(adapterIds.join(','))}`;
}
