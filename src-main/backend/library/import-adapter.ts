import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import { describeDerivedBase } from '../../engine/adapters/derived-base.ts';
import { readAdapterConfig } from '../../engine/adapters/peft/adapter-config.ts';
import { readAdapter, writeAdapter } from '../../engine/adapters/peft/adapter-folder.ts';
import { checkAdapterFolder, readAdapterOutline } from '../../engine/adapters/peft/open-adapter.ts';
import type { AdapterFormat, AdapterSource, KnownBase } from '../../engine/formats/adapters/format.ts';
import { recognizeAdapter } from '../../engine/formats/adapters/index.ts';
import { readConfig } from '../../engine/models/huggingface/model-folder.ts';
import type { HandlerServices } from '../handler-services.ts';
import type { Services } from '../services.ts';
import type { AdapterBase } from './adapter-base.ts';
import { type AdapterDetails, copyAdapterIn, fileHash, listAdapter, newAdapterFolder } from './adapters.ts';
import { importOnResidual } from './import-residual.ts';
import { requireModel } from './models.ts';

type Parts = Pick<HandlerServices, 'home' | 'store' | 'hub' | 'queue'>;

interface Options {
  readonly modelId: string | undefined;
  readonly name: string | undefined;
}

/**
 * Imports an adapter in any format that is read. Without `modelId` the base is the one that the adapter names, else the only one
 * that it fits, else one that is not in the studio.
 */
export async function importAdapter(parts: Parts, path: string, options: Options): Promise<AdapterRecord> {
  const given = resolve(path);
  const { format, source } = await recognizeAdapter(given);
  const details = {
    name: options.name ?? basename(given).replace(/\.(safetensors|gguf)$/i, ''),
    datasetId: null,
    accuracy: null,
  };
  if (format.id === 'peft') {
    const base = await baseFor(parts, source.path, options);
    const { variant, parameters } = await readAdapterOutline(source.path, base.description, true);
    if (variant.peft.standsOnResidual?.(parameters)) return importOnResidual(parts, source.path, details.name, base);
    return copyAdapterIn(parts, source.path, {
      ...details,
      base,
      origin: { kind: 'import', path: given },
      withTokenizer: base.description.text !== null,
    });
  }
  const sha256 = await fileHash(source.entries === null ? source.path : join(source.path, 'adapters.safetensors'));
  return convertIn(parts, format, source, options, { ...details, origin: { kind: 'import', path: given, sha256 } });
}

/** Reads another format and keeps it as a PEFT folder. */
async function convertIn(
  parts: Parts,
  format: AdapterFormat,
  source: AdapterSource,
  options: Options,
  details: Omit<AdapterDetails, 'base'>,
): Promise<AdapterRecord> {
  const models =
    options.modelId === undefined ? parts.store.models.list() : [requireModel(parts.store, options.modelId)];
  const { state, description } = await format.read(source, await knownBases(models));
  const baseModelName = description.foreign?.name ?? 'unknown';
  const { id, directory } = newAdapterFolder(parts);
  try {
    await writeAdapter(directory, state, { description, baseModelName });
    const base = await baseFor(parts, directory, options);
    if (base.model !== null) {
      // With the base known, the config says more, and its targets are the base's.
      const placed = await readAdapter(directory, base.description);
      await writeAdapter(directory, placed, { description: base.description, baseModelName: base.model.id });
    }
    return await listAdapter(parts, id, { ...details, base }, { from: directory });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function knownBases(models: readonly ModelRecord[]): Promise<KnownBase[]> {
  return Promise.all(
    models.map(async ({ path, description }) => ({
      description,
      // A base whose folder is gone can still give its names.
      config: await readConfig(path).catch(() => null),
    })),
  );
}

/** The base of that id, else the one that a PEFT folder names or alone fits, else one that is not in the studio. */
export async function baseFor(
  parts: Pick<Parts, 'store'>,
  folder: string,
  { modelId }: Pick<Options, 'modelId'>,
): Promise<AdapterBase> {
  const model = modelId === undefined ? await findBase(parts.store, folder) : requireModel(parts.store, modelId);
  if (model !== null) return { model, description: model.description };
  return { model, description: await describeDerivedBase([folder]) };
}

/** The base among the studio's models; null if it is none of them. */
async function findBase(store: Services['store'], folder: string): Promise<ModelRecord | null> {
  await checkAdapterFolder(folder);
  const models = store.models.list();
  const { base_model_name_or_path: name } = await readAdapterConfig(folder);
  if (name !== null) {
    const match = models.find((model) => [model.id, model.path, model.name, basename(model.path)].includes(name));
    if (match) return match;
  }
  const fitting: ModelRecord[] = [];
  for (const model of models) if (await fits(folder, model)) fitting.push(model);
  const [only, another] = fitting;
  if (another)
    throw new StudioError(
      'invalid_input',
      `The adapter ${folder} fits several models (${fitting.map((model) => model.id).join(', ')}), and its config names "${name ?? 'none'}".`,
      'Name its base model.',
    );
  return only ?? null;
}

async function fits(folder: string, { description }: ModelRecord): Promise<boolean> {
  try {
    await readAdapterOutline(folder, description, true);
    return true;
  } catch (error) {
    if (error instanceof StudioError) return false;
    throw error;
  }
}
