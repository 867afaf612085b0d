import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { quantizedFromSchema } from '../../../../src-shared/domain/models/quantization.ts';
import { fileLimits, isLfsPointer, lfsPointer, readForeignText } from '../../../files/foreign-file.ts';
import { backendMemory } from '../../compute/backend-memory.ts';
import { preparedSize, preprocessorFile, readPreprocessorConfig } from '../../data/preprocessor-config.ts';
import { hasQuantized, refuseFp4 } from '../../tensors/bitsandbytes/read-quantized.ts';
import { elementCount } from '../../tensors/host-tensor.ts';
import { staysEncoded } from '../../tensors/stored-matrix.ts';
import { gemma3Family } from '../decoder/gemma3.ts';
import { llamaFamily } from '../decoder/llama.ts';
import { qwen3Family } from '../decoder/qwen3.ts';
import { bertFamily } from '../encoder/bert.ts';
import { robertaFamily } from '../encoder/roberta.ts';
import { modelFamilies } from '../families.ts';
import type { ModelConfigFile, ModelFamily } from '../family.ts';
import { isLargeModel } from '../large-model.ts';
import { t5Family } from '../t5/index.ts';
import { vitFamily } from '../vision/vit.ts';
import { withExperts } from './expert-weights.ts';
import { type ModelWeights, openModelWeights, openStoredWeights } from './model-weights.ts';
import { quantizedFromKey } from './quantized-from.ts';
import { quantizedBy } from './refuse-quantized.ts';

const architecturesSchema = z.object({ architectures: z.array(z.string()) });

/** Families for the same tasks, by the name of the model's class in Transformers. */
const byArchitecture: readonly (readonly [pattern: RegExp, families: readonly ModelFamily[]])[] = [
  [/ForImageClassification|Vision|ViT/, [vitFamily]],
  [/ForCausalLM|LMHead/, [llamaFamily, qwen3Family, gemma3Family]],
  [/T5|Seq2Seq|EncoderDecoder/, [t5Family]],
  [/ForConditionalGeneration/, [llamaFamily, qwen3Family, gemma3Family, t5Family]],
  [/ForMaskedLM|Classification|ForQuestionAnswering|Model$/, [bertFamily, robertaFamily]],
];
const suggested = 3;

/**
 * Supported families that are nearest to an unsupported `model_type`: those of a similar name, or else those for the same
 * tasks.
 * @param config parsed config.json
 */
function nearestFamilies(modelType: string, config: unknown): readonly ModelFamily[] {
  const related = modelFamilies
    .map((family) => ({ family, likeness: likeness(modelType, family.modelType) }))
    .filter((one) => one.likeness > 0)
    .sort((one, other) => other.likeness - one.likeness);
  if (related.length > 0) return related.slice(0, suggested).map(({ family }) => family);
  const checked = architecturesSchema.safeParse(config);
  const [architecture = ''] = checked.success ? checked.data.architectures : [];
  return byArchitecture.find(([pattern]) => pattern.test(architecture))?.[1] ?? [];
}

/** Number of common first characters of two model types that begin with the same name; 0 if they do not. */
function likeness(one: string, other: string): number {
  const [first, second] = [nameOf(one), nameOf(other)];
  if (Math.min(first.length, second.length) < 3) return 0;
  if (!first.startsWith(second) && !second.startsWith(first)) return 0;
  const [left, right] = [plain(one), plain(other)];
  let common = 0;
  while (common < left.length && left[common] === right[common]) common++;
  return common;
}

/** Letters before the first digit or separator, e.g. "qwen" of qwen2_moe. */
function nameOf(modelType: string): string {
  return /^[a-z]*/.exec(modelType.toLowerCase())?.[0] ?? '';
}

function plain(modelType: string): string {
  return modelType.toLowerCase().replaceAll('-', '_');
}

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
 * @returns the description, without a fingerprint; null if it needs config.json and more than headers
 */
export async function checkModelHead(
  directory: string,
  wholeBytes: ReadonlyMap<string, number>,
): Promise<ModelDescription | null> {
  const config = await readConfig(directory);
  familyOf(config);
  if (wholeBytes.size === 0) return null;
  const weights = await openStoredWeights(directory, wholeBytes);
  try {
    refuseFp4(weights);
    if (hasQuantized(weights.names)) return null;
    const sizeBytes = [...wholeBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    return { ...(await describeHeaders(config, { ...weights, ...withExperts(weights) })), sizeBytes, fingerprint: '' };
  } finally {
    await weights.close();
  }
}

const quantizedSchema = z.looseObject({ [quantizedFromKey]: quantizedFromSchema });

/** Counterpart of `describeModel` for open files. */
export async function describeOpened(config: ModelConfigFile, weights: ModelWeights): Promise<ModelDescription> {
  return {
    ...(await describeHeaders(config, weights)),
    sizeBytes: await totalSize(weights.files),
    fingerprint: await fingerprint([config.path, ...weights.files]),
  };
}

/** Parts of a description that need the headers of the weights, and no values. */
async function describeHeaders(
  config: ModelConfigFile,
  weights: ModelWeights,
): Promise<Omit<ModelDescription, 'sizeBytes' | 'fingerprint'>> {
  const family = familyOf(config);
  const described = family.describe(config, weights);
  const names = weights.names.filter((name) => !family.unusedTensors?.test(name));
  const parameterCount = names.reduce((sum, name) => sum + elementCount(weights.info(name).shape), 0);
  const from = quantizedSchema.safeParse(config.value);
  return {
    family: family.declaration.id,
    ...described,
    image: family.resizesImages?.(config) ? await preparedImage(config, described) : described.image,
    parameterCount,
    dtype: commonType(weights),
    encodedBytes: encodedBytes(weights, names, isLargeModel(parameterCount)),
    ...(from.success ? { quantizedFrom: from.data[quantizedFromKey] } : {}),
  };
}

/** Size of the images that the folder's preprocessing makes, for a model that runs on any. */
async function preparedImage(
  config: ModelConfigFile,
  { image, architecture }: Pick<ModelDescription, 'image' | 'architecture'>,
): Promise<ModelDescription['image']> {
  if (image === null) return null;
  const file = path.join(path.dirname(config.path), preprocessorFile);
  const size = preparedSize(await readPreprocessorConfig(file, { ...image, architecture }));
  return size === null ? image : { ...image, ...size };
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
  if (isLfsPointer(text)) throw lfsPointer(file);
  try {
    return { path: file, value: JSON.parse(text) };
  } catch {
    throw new StudioError('invalid_file', `${file} is not JSON.`, 'Copy or download the model again.');
  }
}

/** Model type that earlier versions converted from an npm package. */
const formerFamilies: ReadonlyMap<string, string> = new Map([['use-lite', 'Universal Sentence Encoder Lite']]);

/** Methods of quantization that can be read, by their names in config.json. */
export const readMethods: readonly string[] = ['bitsandbytes', 'bitsandbytes_4bit', 'bitsandbytes_8bit', 'mxfp4'];
const methodSchema = z.object({ quantization_config: z.object({ quant_method: z.string() }) });

/** @throws StudioError refused for weights in a quantization that cannot be read, naming it */
function refuseQuantization({ path: file, value }: ModelConfigFile): void {
  const checked = methodSchema.safeParse(value);
  const method = checked.success ? checked.data.quantization_config.quant_method : null;
  if (method === null || readMethods.includes(method.toLowerCase())) return;
  throw quantizedBy(file, method.toUpperCase(), 'quantization_config.quant_method');
}

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
  const family = modelFamilies.find(({ modelType, alsoModelTypes = [] }) =>
    [modelType, ...alsoModelTypes].includes(checked.data.model_type),
  );
  if (family === undefined) throw unsupportedFamily(config, checked.data.model_type);
  refuseQuantization(config);
  return family;
}

function unsupportedFamily(config: ModelConfigFile, modelType: string): StudioError {
  const nearest = nearestFamilies(modelType, config.value).map(
    ({ declaration, modelType: type }) => `${declaration.label} (${type})`,
  );
  const page = 'The page "Models" of the guide lists all supported families.';
  return new StudioError(
    'refused',
    `${config.path}: models of the model_type "${modelType}" are not supported yet.`,
    nearest.length === 0 ? page : `Nearest supported: ${joined(nearest)}. ${page}`,
  );
}

/** A list in a sentence: "a, b or c". */
function joined(names: readonly string[]): string {
  return new Intl.ListFormat('en-US', { type: 'disjunction' }).format(names);
}

async function totalSize(files: readonly string[]): Promise<number> {
  let sum = 0;
  for (const file of files) sum += (await stat(file)).size;
  return sum;
}

/** The only backend that keeps encodings. */
const { blockBytes } = backendMemory('native');

/** Bytes in memory of what stays encoded, mapped or in a block of its own, and of the rest in float32. */
function encodedBytes(weights: ModelWeights, names: readonly string[], isLarge: boolean): number {
  return names.reduce((sum, name) => {
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
