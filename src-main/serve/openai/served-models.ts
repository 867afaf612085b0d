import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { recordsMeant } from '../../../src-shared/domain/app/named-records.ts';
import { type ModelRecord, writesText } from '../../../src-shared/domain/models/model.ts';
import { HttpError } from '../http/http-error.ts';

/** A model that writes text or gives vectors of texts: a base, or a base with an adapter of a run, a merge, a prune or an import. */
export interface ServedModel {
  /** The record's id. */
  readonly id: string;
  readonly name: string;
  readonly base: ModelRecord;
  /** Null: the base alone. */
  readonly adapter: AdapterRecord | null;
}

/** Every model of texts in the studio and every adapter on one; archived adapters too, which `listModels` leaves out. */
export async function servedModels(client: StudioClient): Promise<ServedModel[]> {
  const [models, adapters] = [await client.request('models.list', {}), await client.request('adapters.list', {})];
  const bases = models.filter(({ description }) => writesText(description) || givesVectors(description));
  return [
    ...bases.map((base) => ({ id: base.id, name: base.name, base, adapter: null })),
    ...adapters.flatMap((adapter) => {
      const base = bases.find(({ id }) => id === adapter.modelId);
      return base === undefined ? [] : [{ id: adapter.id, name: adapter.name, base, adapter }];
    }),
  ];
}

/**
 * The one that a request names, by id or by name.
 * @throws HttpError 404 where there is none, or several of that name
 */
export function servedModel(served: readonly ServedModel[], reference: string): ServedModel {
  const meant = recordsMeant(served, reference);
  const [model] = meant;
  if (model !== undefined && meant.length === 1) return model;
  throw new HttpError(
    404,
    model === undefined
      ? `There is no language or sentence model and no adapter of one named "${reference}": GET /v1/models lists them.`
      : `There are ${meant.length} named "${reference}": give the id of one, ${meant.map(({ id }) => id).join(' or ')}.`,
    'model_not_found',
    'model',
  );
}

/** Returns true for encoders without a classifier. Language models may give vectors too: their files decide. */
function givesVectors({ kind, image, text }: ModelRecord['description']): boolean {
  return kind === 'embedding' && image === null && text !== null;
}

/** @throws HttpError 400 for a model that gives vectors only */
export function requireWriter({ name, base }: ServedModel): void {
  if (!writesText(base.description))
    throw new HttpError(
      400,
      `${name} writes no text: ask it for vectors at /v1/embeddings.`,
      'unsupported_model',
      'model',
    );
}

/** A model as OpenAI's API lists it, by its name where no other has it. */
export function describeModel(model: ServedModel, served: readonly ServedModel[]) {
  const { adapter, base } = model;
  const isUnique = served.filter(({ name, id }) => name === model.name || id === model.name).length === 1;
  return {
    id: isUnique ? model.name : model.id,
    object: 'model',
    created: Math.floor((adapter ?? base).createdAt / 1000),
    owned_by: 'coto-studio',
    /** Base of an adapter, in vLLM's format. */
    parent: adapter === null ? null : base.name,
    kind: adapter?.origin.kind ?? 'base',
  };
}

export function listModels(served: readonly ServedModel[]) {
  const data = served
    .filter(({ adapter }) => adapter === null || !adapter.archived)
    .map((model) => describeModel(model, served));
  return { object: 'list', data };
}
