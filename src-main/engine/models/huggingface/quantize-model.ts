import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type LinearModule, type ModelDescription, writesText } from '../../../../src-shared/domain/models/model.ts';
import {
  type Quantization,
  type QuantizationPlan,
  type QuantizedFrom,
  quantizations,
} from '../../../../src-shared/domain/models/quantization.ts';
import { byteTensors, normalFloatTensors, type PlainMatrix } from '../../tensors/bitsandbytes/write-quantized.ts';
import type { FloatType } from '../../tensors/encode-floats.ts';
import { elementCount } from '../../tensors/host-tensor.ts';
import { byteLength, type StreamedTensor } from '../../tensors/safetensors-stream.ts';
import { blockTypeNamed } from '../../tensors/tensor-types/index.ts';
import type { TensorType } from '../../tensors/tensor-types/tensor-type.ts';
import type { ModelConfigFile } from '../family.ts';
import { withMembers } from './json-members.ts';
import type { ModelWeights } from './model-weights.ts';
import { quantizedFromKey } from './quantized-from.ts';
import {
  copyModelCompanions,
  type ModelTensor,
  provenanceAbove,
  streamedTensor,
  writeStreamedWeights,
} from './write-model.ts';

const torchNames: Readonly<Record<FloatType, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** The tensors of a quantized base, made one after the other. */
interface Quantized {
  readonly tensors: readonly StreamedTensor[];
  /** Names of the quantized matrices. */
  readonly quantized: ReadonlySet<string>;
}

/** Sizes of a base in each type that can hold some of its matrices. Throws StudioError as `quantizeModel` where none can. */
export function planQuantization(description: ModelDescription, weights: ModelWeights): QuantizationPlan {
  const values = weights.names.reduce((sum, name) => sum + elementCount(weights.info(name).shape), 0);
  const choices = quantizations.flatMap(({ id }) => {
    const { tensors, quantized } = quantizedTensors(description, weights, id);
    if (quantized.size === 0) return [];
    const ofMatrices = [...quantized].reduce((sum, name) => sum + elementCount(weights.info(name).shape), 0);
    const afterBytes = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
    return [{ type: id, afterBytes, quantizedShare: ofMatrices / values }];
  });
  if (choices.length === 0)
    throw nothingToQuantize(weights, 'any type', Math.min(...quantizations.map(({ id }) => blockValues(id))));
  return { beforeBytes: description.sizeBytes, choices };
}

/**
 * Writes a base with its matrices quantized into an empty folder, tensor by tensor: bitsandbytes' types as Transformers and PEFT
 * read them, llama.cpp's as the studio keeps them. All else stays as it is stored.
 *
 * @param onTensor called before each tensor that is written with their number so far; what it throws ends the work.
 * @throws StudioError refused for a base that is quantized already, or has no matrix for the type; invalid_file naming a matrix
 * that is not finite.
 */
export async function quantizeModel(
  { config, weights, description }: { config: ModelConfigFile; weights: ModelWeights; description: ModelDescription },
  type: Quantization,
  from: QuantizedFrom,
  directory: string,
  onTensor: (done: number, total: number) => Promise<void>,
): Promise<void> {
  const { tensors, quantized } = quantizedTensors(description, weights, type);
  if (quantized.size === 0) throw nothingToQuantize(weights, type, blockValues(type));
  const source = path.dirname(config.path);
  await copyModelCompanions(source, directory);
  let done = 0;
  const watched = tensors.map((tensor) => ({
    ...tensor,
    async *pieces() {
      await onTensor(done++, tensors.length);
      yield* tensor.pieces();
    },
  }));
  await writeStreamedWeights(directory, watched);
  const changes = { ...quantizationConfig(description, weights, type, quantized), [quantizedFromKey]: from };
  await writeFile(path.join(directory, 'config.json'), withMembers(await readFile(config.path, 'utf8'), changes));
  const made = `Quantized by CoTo Studio to ${type} from "${from.name}" (SHA-256 ${from.fingerprint}).\n`;
  await writeFile(path.join(directory, 'PROVENANCE.md'), await provenanceAbove(source, made));
}

function quantizedTensors(description: ModelDescription, weights: ModelWeights, type: Quantization): Quantized {
  const already = weights.names.find((name) => blockTypeNamed(weights.info(name).dtype) !== null);
  if (already !== undefined)
    throw new StudioError(
      'refused',
      `${weights.path} is quantized already: "${already}" is stored as ${weights.info(already).dtype}.`,
      'Quantize the base that it was made from: each quantization loses something.',
    );
  const quantized = new Set<string>();
  const keys = matrixKeys(description, type);
  const plain: ModelTensor[] = [];
  const inOrder = weights.names.flatMap((name): StreamedTensor[] => {
    const { dtype, shape } = weights.info(name);
    const float = dtype === 'F32' || dtype === 'F16' || dtype === 'BF16' ? dtype : null;
    const [rows, columns] = shape;
    const isMatrix = rows !== undefined && columns !== undefined && shape.length === 2 && keys.has(name);
    if (float !== null && isMatrix && columns % blockValues(type) === 0) {
      quantized.add(name);
      const read = () => finiteValues(weights, name);
      return encodedTensors({ name, shape: [rows, columns], read }, type, torchNames[float]);
    }
    // Buffers of whole numbers are made again by whoever reads the model.
    if (float === null && dtype !== 'F64') return [];
    const tensor: ModelTensor = { name, dtype: float ?? 'F32', shape, make: () => weights.read(name) };
    plain.push(tensor);
    return [streamedTensor(tensor)];
  });
  if (!weights.storedForm) return { tensors: inOrder, quantized };
  // Experts that stay as they are go back into the form that Transformers reads.
  const isPlain = new Set(plain.map(({ name }) => name));
  const tensors = [
    ...inOrder.filter(({ name }) => !isPlain.has(name)),
    ...weights.storedForm(plain).map(streamedTensor),
  ];
  return { tensors, quantized };
}

function nothingToQuantize({ path: file }: ModelWeights, what: string, block: number): StudioError {
  return new StudioError(
    'refused',
    `${file} has no linear layer that ${what} can hold: rows must be whole blocks of ${block} values.`,
    'Train on it as it is.',
  );
}

/**
 * Names of the weights that a type is for: bitsandbytes leaves embeddings, heads, what Transformers keeps in float32 and experts,
 * which are parameters in Transformers, alone; llama.cpp does not.
 */
function matrixKeys({ linears, kind }: ModelDescription, type: Quantization): ReadonlySet<string> {
  const isOfBitsandbytes = type === 'nf4' || type === 'int8';
  const isMeant = (module: LinearModule) => {
    if (module.fanInFanOut || module.kernel !== undefined || module.isMissing) return false;
    if (module.kind === 'embedding') return !isOfBitsandbytes;
    if (module.keepsFloat32 === true || module.expert !== undefined) return !isOfBitsandbytes;
    return !module.isHead || (writesText({ kind }) && !isOfBitsandbytes);
  };
  return new Set(linears.filter(isMeant).map(({ checkpointKey }) => `${checkpointKey}.weight`));
}

function blockValues(type: Quantization): number {
  return typeOf(type).blockValues;
}

function typeOf(type: Quantization): TensorType {
  const found = blockTypeNamed(type.toUpperCase());
  if (found === null) throw new Error(`there is no type ${type}`);
  return found;
}

function encodedTensors(matrix: PlainMatrix, type: Quantization, dtype: string): StreamedTensor[] {
  if (type === 'nf4') return normalFloatTensors(matrix, dtype);
  if (type === 'int8') return byteTensors(matrix);
  const { name, blockBytes, quantize } = typeOf(type);
  const pieces = async function* () {
    const values = await matrix.read();
    const blocks = new Uint8Array((values.length / blockValues(type)) * blockBytes);
    quantize?.(values, blocks);
    yield blocks;
  };
  return [{ name: matrix.name, dtype: name, shape: matrix.shape, pieces }];
}

async function finiteValues(weights: ModelWeights, name: string): Promise<Float32Array> {
  return weights.lend(name, ({ data, finite }) => {
    if (finite && data instanceof Float32Array) return data.slice();
    throw new StudioError(
      'invalid_file',
      `${weights.path}: tensor "${name}" contains numbers that are not finite (NaN or infinity).`,
      'Copy or download the model again: it seems damaged.',
    );
  });
}

/** Returns the config that Transformers needs to read bitsandbytes' types; this project reads them without it. */
function quantizationConfig(
  { linears }: ModelDescription,
  weights: ModelWeights,
  type: Quantization,
  quantized: ReadonlySet<string>,
): Record<string, unknown> {
  if (type !== 'nf4' && type !== 'int8') return {};
  const kept = weights.names.filter((name) => name.endsWith('.weight') && weights.info(name).shape.length === 2);
  // A head that is tied to the embedding has no weight of its own.
  const heads = linears.filter(({ isHead }) => isHead).map(({ name }) => name);
  const experts = new Set(linears.flatMap(({ checkpointKey, expert }) => (expert ? `${checkpointKey}.weight` : [])));
  const left = kept.filter((name) => !quantized.has(name) && !experts.has(name));
  const skipped = left.map((name) => name.slice(0, -'.weight'.length));
  const common = { quant_method: 'bitsandbytes', llm_int8_skip_modules: [...new Set([...skipped, ...heads])] };
  if (type === 'int8') return { quantization_config: { ...common, load_in_8bit: true, load_in_4bit: false } };
  const [first = ''] = quantized;
  const { dtype } = weights.info(first);
  return {
    quantization_config: {
      ...common,
      load_in_8bit: false,
      load_in_4bit: true,
      bnb_4bit_quant_type: 'nf4',
      bnb_4bit_use_double_quant: true,
      bnb_4bit_compute_dtype: dtype === 'F16' ? 'float16' : dtype === 'BF16' ? 'bfloat16' : 'float32',
      bnb_4bit_quant_storage: 'uint8',
    },
  };
}
