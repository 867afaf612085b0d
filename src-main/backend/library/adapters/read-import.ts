import { join } from 'node:path';
import {
  dropAdapterName,
  noteBase,
  readAdapter,
  readAdapterOutline,
  writeAdapter,
} from '../../../engine/api/adapters.ts';
import {
  type AdapterFormat,
  type AdapterSource,
  isModelFolder,
  type KnownBase,
  LongConversion,
  type ReadAdapter,
  type ReadOptions,
  readTunedModel,
  recognizeAdapter,
} from '../../../engine/api/formats.ts';
import { BaseWeights } from '../../../engine/api/merging.ts';
import { copyTokenizer, readConfig } from '../../../engine/api/models.ts';
import { writeFolderAtomic } from '../../../files/atomic.ts';
import { fileHash } from '../../../files/file-hash.ts';
import { type ImportRequest, importedFolder, type ReadImport } from '../../reading/adapter-schemas.ts';
import { baseFields } from './adapter-base.ts';
import { readFacts } from './adapter-facts.ts';
import { copyAdapterFiles } from './adapter-files.ts';
import { type BaseModel, baseFor, type FoundBase } from './find-base.ts';

/**
 * Reads an adapter in any format, all of its tensors too, and writes it as a PEFT folder. Without `modelId` the base is the one
 * that the adapter names, else the only one that it fits, else one that is not in the studio. A whole model is read as its
 * difference to its base.
 */
export async function readImport(
  { path, models, modelId, directory, rank }: ImportRequest,
  options: Pick<ReadOptions, 'entries' | 'onModule'> = {},
): Promise<ReadImport> {
  const given = models.find(({ id }) => id === modelId) ?? null;
  const folder = join(directory, importedFolder);
  const ranked = rank === null ? options : { ...options, rank };
  if (await isModelFolder(path)) {
    const bases = given === null ? models : [given];
    return keep(await orLong(readTunedModel(path, bases, ranked)), { models, given, folder });
  }
  const { format, source } = await recognizeAdapter(path);
  if (format.id !== 'peft') return convert(format, source, { models, given, folder, options: ranked });
  const found = await baseFor(source.path, models, given);
  const { variant, parameters } = await readAdapterOutline(source.path, found.description, true);
  if (variant.files.usesResidualBase?.(parameters))
    return { kind: 'residual', modelId: found.model?.id ?? null, path: source.path };
  // Checked before the copy, so that errors name the person's own folder.
  await readAdapter(source.path, found.description);
  await writeFolderAtomic(folder, async (temporary) => {
    await copyAdapterFiles(source.path, temporary);
    await dropAdapterName(temporary);
    if (found.model !== null) await noteBase(temporary, found.description);
    if (found.description.text !== null) await copyTokenizer(source.path, temporary);
  });
  return written(folder, found);
}

interface Placing {
  readonly models: readonly BaseModel[];
  readonly given: BaseModel | null;
  readonly folder: string;
}

/** Reads another format and keeps it as a PEFT folder. */
async function convert(
  format: AdapterFormat,
  source: AdapterSource,
  { options, ...placing }: Placing & { readonly options: ReadOptions },
): Promise<ReadImport> {
  const sha256 = await fileHash(source.entries === null ? source.path : join(source.path, 'adapters.safetensors'));
  const bases = await knownBases(placing.given === null ? placing.models : [placing.given]);
  const read = await orLong(format.read(source, bases, options)).finally(() => closeBases(bases));
  const kept = await keep(read, placing);
  return kept.kind === 'written' ? { ...kept, sha256 } : kept;
}

/** Null where the reading would take long. */
async function orLong(reading: Promise<ReadAdapter>): Promise<ReadAdapter | null> {
  return reading.catch((error: unknown) => {
    if (error instanceof LongConversion) return null;
    throw error;
  });
}

async function keep(read: ReadAdapter | null, { models, given, folder }: Placing): Promise<ReadImport> {
  if (read === null) return { kind: 'long' };
  const { state, description, note, conversion } = read;
  const baseModelName = description.foreign?.name ?? 'unknown';
  await writeAdapter(folder, state, { description, baseModelName });
  const found = await baseFor(folder, models, given);
  if (found.model !== null) {
    // With the base known, the config says more, and its targets are the base's.
    const placed = await readAdapter(folder, found.description);
    await writeAdapter(folder, placed, { description: found.description, baseModelName: found.model.id });
  }
  return {
    ...(await written(folder, found)),
    ...(note === undefined ? {} : { note }),
    ...(conversion === undefined ? {} : { conversion }),
  };
}

async function written(folder: string, found: FoundBase<BaseModel>) {
  const facts = await readFacts(folder, found.description);
  return { kind: 'written' as const, ...baseFields(found), facts };
}

interface OpenBase extends KnownBase {
  readonly weights: BaseWeights;
}

async function knownBases(models: readonly BaseModel[]): Promise<OpenBase[]> {
  return Promise.all(
    models.map(async ({ path, description }) => {
      const weights = new BaseWeights({ description, directory: path });
      return {
        description,
        // A base whose folder is gone can still give its names.
        config: await readConfig(path).catch(() => null),
        weights,
        weight: (name: string) => weights.read(name),
      };
    }),
  );
}

async function closeBases(bases: readonly OpenBase[]): Promise<void> {
  for (const { weights } of bases) await weights.close();
}
