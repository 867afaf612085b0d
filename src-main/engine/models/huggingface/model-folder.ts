import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { quantizedFromSchema } from '../../../../src-shared/domain/models/quantization.ts';
import { fileLimits, readForeignText } from '../../../files/foreign-file.ts';
import { backendMemory } from '../../compute/backend-memory.ts';
import { hasQuantized, refuseFp4 } from '../../tensors/bitsandbytes/read-quantized.ts';
import { elementCount } from '../../tensors/host-tensor.ts';
import { staysEncoded } from '../../tensors/stored-matrix.ts';
import { modelFamilies } from '../families.ts';
import type { ModelConfigFile, ModelFamily } from '../family.ts';
import { isLargeModel } from '../large-model.ts';
import { type ModelWeights, openModelWeights, openStoredWeights } from './model-weights.ts';
import { quantizedFromKey } from './quantized-from.ts';

/**
 * Reads config.json and the weights' header of a Hugging Face folder. No weights are loaded, but all bytes are read once
 * for the fingerprint. Throws StudioError('invalid_file') naming file and key, ('refused') for an unknown family.
 */
export async function describeModel(directory: string): Promise<ModelDescription> {
  const config = await readConfig(directory);
  const weights = await openModelWeights(directory);
  try {
    return await describeOpened(config, weights);
  } finally {
    await weights.close();
  }
}

/**
 * Refuses what `describeModel` would refuse, before the weights are there: by config.json alone, or by the headers of
 * the weights too. Matrices quantized by bitsandbytes only have their type checked: their shapes are values.
 * @param wholeBytes sizes of the whole weights files by name; empty: config.json alone is there
 */
export async function checkModelHead(directory: string, wholeBytes: ReadonlyMap<string, number>): Promise<void> {
  const config = await readConfig(directory);
  const family = familyOf(config);
  if (wholeBytes.size === 0) return;
  const weights = await openStoredWeights(directory, wholeBytes);
  try {
    refuseFp4(weights);
    if (!hasQuantized(weights.names)) family.describe(config, weights);
  } finally {
    await weights.close();
  }
}

const quantizedSchema = z.looseObject({ [quantizedFromKey]: quantizedFromSchema });

/** Counterpart of `describeModel` for open files. */
export async function describeOpened(config: ModelConfigFile, weights: ModelWeights): Promise<ModelDescription> {
  const family = familyOf(config);
  const described = family.describe(config, weights);
  const parameterCount = weights.names.reduce((sum, name) => sum + elementCount(weights.info(name).shape), 0);
  const from = quantizedSchema.safeParse(config.value);
  return {
    family: family.declaration.id,
    ...described,
    parameterCount,
    sizeBytes: await totalSize(weights.files),
    dtype: commonType(weights),
    encodedBytes: encodedBytes(weights, isLargeModel(parameterCount)),
    ...(from.success ? { quantizedFrom: from.data[quantizedFromKey] } : {}),
    fingerprint: await fingerprint([config.path, ...weights.files]),
  };
}

export async function readConfig(directory: string): Promise<ModelConfigFile> {
  const file = path.join(directory, 'config.json');
  const text = await readForeignText(file, fileLimits.config);
  if (text === null)
    throw new StudioError(
      'invalid_file',
      `${directory} has no config.json.`,
      'Choose the folder of a Hugging Face model: config.json and model.safetensors.',
    );
  try {
    return { path: file, value: JSON.parse(text) };
  } catch {
    throw new StudioError('invalid_file', `${file} is not JSON.`, 'Copy or download the model again.');
  }
}

/** Model type that earlier versions converted from an npm package. */
const formerFamilies: ReadonlyMap<string, string> = new Map([['use-lite', 'Universal Sentence Encoder Lite']]);

const modelTypeSchema = z.object({ model_type: z.string() });

export function familyOf(config: ModelConfigFile): ModelFamily {
  const checked = modelTypeSchema.safeParse(config.value);
  if (!checked.success)
    throw new StudioError(
      'invalid_file',
      `${config.path} lacks the key "model_type".`,
      'Choose the folder of a Hugging Face model: its config.json says what kind of model it is.',
    );
  const former = formerFamilies.get(checked.data.model_type);
  if (former !== undefined)
    throw new StudioError(
      'refused',
      `${config.path}: ${former} is no longer supported.`,
      'Train on another text encoder, e.g. sentence-transformers/all-MiniLM-L6-v2 (a BERT); the model and its adapters can be removed.',
    );
  const family = modelFamilies.find((candidate) => candidate.modelType === checked.data.model_type);
  if (family === undefined)
    throw new StudioError(
      'refused',
      `${config.path}: models of the model_type "${checked.data.model_type}" are not supported yet.`,
      `Supported: ${modelFamilies.map((candidate) => candidate.modelType).join(', ')}.`,
    );
  return family;
}

async function totalSize(files: readonly string[]): Promise<number> {
  let sum = 0;
  for (const file of files) sum += (await stat(file)).size;
  return sum;
}

/** The only backend that keeps encodings. */
const { blockBytes } = backendMemory('native');

/** Bytes in memory of what stays encoded, mapped or in a block of its own, and of the rest in float32. */
function encodedBytes(weights: ModelWeights, isLarge: boolean): number {
  return weights.names.reduce((sum, name) => {
    const stored = weights.stored?.(name) ?? null;
    const isKept = stored !== null && staysEncoded(stored.encoding, isLarge);
    if (!isKept) return sum + 4 * elementCount(weights.info(name).shape);
    return sum + (stored.place ? stored.byteLength : blockBytes(stored.byteLength));
  }, 0);
}

/** The dtype of most values. */
function commonType(weights: ModelWeights): string {
  const counts = new Map<string, number>();
  for (const name of weights.names) {
    const { dtype, shape } = weights.info(name);
    counts.set(dtype, (counts.get(dtype) ?? 0) + elementCount(shape));
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'F32';
}

/** By the state of the files: a base is loaded for each job, and hashing a large one takes longer than mapping it. */
const knownFingerprints = new Map<string, string>();

async function fingerprint(files: readonly string[]): Promise<string> {
  const states = await Promise.all(files.map((file) => stat(file, { bigint: true })));
  const key = JSON.stringify(
    states.map(({ dev, ino, size, mtimeNs, ctimeNs }) => `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`),
  );
  const known = knownFingerprints.get(key);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  for (const file of files)
    await pipeline(createReadStream(file), async (chunks) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
  const digest = hash.digest('hex');
  knownFingerprints.set(key, digest);
  return digest;
}
