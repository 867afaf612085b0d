import { basename } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription, ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import {
  checkAdapterFolder,
  describeDerivedBase,
  readAdapterConfig,
  readAdapterOutline,
  readCotoConfig,
} from '../../../engine/api/adapters.ts';

/** A model of the studio that may be an adapter's base. */
export type BaseModel = Pick<ModelRecord, 'id' | 'name' | 'path' | 'description'>;

export interface FoundBase<Model> {
  /** Null where the base is not in the studio: it is then described from the adapter alone. */
  readonly model: Model | null;
  readonly description: ModelDescription;
}

/** The base of an adapter's folder: the model that is given for it, else one of the models, else one that is not in the studio. */
export async function baseFor<Model extends BaseModel>(
  folder: string,
  models: readonly Model[],
  given: Model | null,
): Promise<FoundBase<Model>> {
  const model = given ?? (await findBase(folder, models));
  return model === null
    ? { model, description: await describeDerivedBase([folder]) }
    : { model, description: model.description };
}

/** The one whose fingerprint a PEFT folder has, or that it names; null if it is none of them. `fingerprintOnly`: a name is no proof. */
export async function namedBase<Model extends BaseModel>(
  folder: string,
  models: readonly Model[],
  { fingerprintOnly = false } = {},
): Promise<Model | null> {
  const { base_model_name_or_path: name } = await readAdapterConfig(folder);
  const { base_model_fingerprint: fingerprint } = await readCotoConfig(folder);
  const same = models.filter(({ description }) => description.fingerprint === fingerprint);
  const isNamed = (model: Model) => [model.id, model.path, model.name, basename(model.path)].includes(name ?? '');
  return (same.length > 0 || fingerprintOnly ? same : models).find(isNamed) ?? same[0] ?? null;
}

/** Returns `namedBase`, else the only model that fits. */
async function findBase<Model extends BaseModel>(folder: string, models: readonly Model[]): Promise<Model | null> {
  await checkAdapterFolder(folder);
  const named = await namedBase(folder, models);
  if (named !== null) return named;
  const fitting: Model[] = [];
  for (const model of models) if (await fits(folder, model)) fitting.push(model);
  const [only, another] = fitting;
  if (another)
    throw new StudioError(
      'invalid_input',
      `The adapter ${folder} fits several models (${fitting.map((model) => model.id).join(', ')}), and its config names "${(await readAdapterConfig(folder)).base_model_name_or_path ?? 'none'}".`,
      'Name its base model.',
    );
  return only ?? null;
}

async function fits(folder: string, { description }: BaseModel): Promise<boolean> {
  try {
    await readAdapterOutline(folder, description, true);
    return true;
  } catch (error) {
    if (error instanceof StudioError) return false;
    throw error;
  }
}
