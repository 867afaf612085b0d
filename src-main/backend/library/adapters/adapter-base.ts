import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type AdapterRecord, baseNameOf } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ForeignBase, ModelDescription, ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { describeDerivedBase } from '../../../engine/api/adapters.ts';
import { FolderCache } from '../../../files/folder-cache.ts';
import type { Services } from '../../services/services.ts';
import { requireModel } from '../models/models.ts';

/** The base that adapters have in common. */
export interface AdapterBase {
  /** Null where it is not in the studio: it is then described from the adapters alone. */
  readonly model: ModelRecord | null;
  readonly description: ModelDescription;
}

type Parts = Pick<Services, 'home' | 'store'>;

/**
 * The base of an adapter, or the common one of several. Adapters of a base that is not in the studio go together with any that
 * have the same shapes.
 * @throws StudioError refused if their bases differ
 */
export async function baseOf(parts: Parts, adapters: readonly AdapterRecord[]): Promise<AdapterBase> {
  const { store, home } = parts;
  if (adapters.length > 0 && adapters.every(({ modelId }) => modelId !== null)) {
    const model = commonModel(store, adapters);
    return { model, description: model.description };
  }
  const known = adapters.filter(({ modelId }) => modelId !== null);
  if (known.length > 0) commonModel(store, known);
  const folders = adapters.map(({ folder }) => home.absolute(folder));
  const names = adapters.map(({ name }) => `"${name}"`);
  return { model: null, description: await deriveBase(folders, names) };
}

/** Fields of a record about its base. */
export interface BaseFields {
  readonly modelId: string | null;
  readonly foreignBase: ForeignBase | null;
}

export function baseFields({
  model,
  description,
}: {
  readonly model: Pick<ModelRecord, 'id'> | null;
  readonly description: ModelDescription;
}): BaseFields {
  if (model !== null) return { modelId: model.id, foreignBase: null };
  return { modelId: null, foreignBase: description.foreign ?? { name: null, hash: null, architecture: null } };
}

/** The model of an adapter, for work that computes with it. @throws StudioError refused if it is not in the studio */
export function requireModelOf(store: Services['store'], adapter: AdapterRecord): ModelRecord {
  if (adapter.modelId !== null) return requireModel(store, adapter.modelId);
  throw new StudioError(
    'refused',
    `The base of "${adapter.name}" (${baseNameOf(adapter)}) is not in the studio, so nothing can be computed with it.`,
    'Merging, pruning, resizing and converting need no base. For all else add its base model, then run coto doctor --repair or import the adapter again.',
  );
}

/** @throws StudioError refused for an adapter of another base; `advice` says what to do with it, e.g. "Evaluate it" */
export function requireBase(
  store: Services['store'],
  adapter: AdapterRecord,
  model: ModelRecord,
  advice: string,
): void {
  const own = requireModelOf(store, adapter);
  if (own.id !== model.id)
    throw new StudioError(
      'refused',
      `The adapter "${adapter.name}" has the base ${own.id}, not ${model.id}.`,
      `${advice} with the model ${own.id}.`,
    );
}

/** The common base of several adapters. @throws StudioError refused if they have different bases, or one not in the studio */
export function commonModel(store: Services['store'], adapters: readonly AdapterRecord[]): ModelRecord {
  const [first, ...others] = adapters;
  if (first === undefined) throw new StudioError('invalid_input', 'No adapter was named.').at('adapters');
  const model = requireModelOf(store, first);
  for (const other of others) requireModelOf(store, other);
  const stranger = others.find((adapter) => adapter.modelId !== first.modelId);
  if (stranger)
    throw new StudioError(
      'refused',
      `"${first.name}" and "${stranger.name}" have different bases (${first.modelId}, ${stranger.modelId}).`,
      'Choose adapters of the same base.',
    ).at('adapters');
  return model;
}

/** Recently derived descriptions: a moving slider asks for the same one many times a second. */
const derived = new FolderCache<ModelDescription>(32);

function deriveBase(folders: readonly string[], names: readonly string[]): Promise<ModelDescription> {
  // Messages contain the names.
  return derived.read(folders, names.join('\n'), () => describeDerivedBase(folders, names));
}
