import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { fileLimits, isLfsPointer, lfsPointer, readForeignText } from '../../../files/foreign-file.ts';
import { withQuantized } from '../../tensors/bitsandbytes/read-quantized.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { openSafetensors, type TensorFiles } from '../../tensors/safetensors.ts';
import type { TensorPlace } from '../../tensors/safetensors-header.ts';
import { splitExperts, unsplitName, withExperts } from './expert-weights.ts';
import { refuseQuantizedFolder, refuseQuantizedTensors } from './refuse-quantized.ts';
import { splitGates, splitNomic, unsplitGate, unsplitNomic } from './split-tensors.ts';
import type { ModelTensor } from './write-model.ts';

/** A model folder's weights, in one file or in shards. */
export interface ModelWeights extends TensorFiles {
  /** Absolute paths of the safetensors files, ordered by name. */
  readonly files: readonly string[];
  /** Turns tensors to be written into the form that the files have; absent: they have it already. */
  storedForm?(tensors: readonly ModelTensor[]): ModelTensor[];
}

const indexName = 'model.safetensors.index.json';
/** Forms of files whose tensors are named or fused unlike those of transformers, in the order in which they are undone. */
const fileForms = [
  { split: splitExperts, unsplit: unsplitName },
  { split: splitGates, unsplit: unsplitGate },
  { split: splitNomic, unsplit: unsplitNomic },
];
const splitTensors = (tensors: ReadonlyMap<string, TensorPlace>) =>
  fileForms.reduce((places, { split }) => split(places), tensors);
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Opens `model.safetensors`, else the shards that `model.safetensors.index.json` names; what bitsandbytes has quantized are
 * matrices of NF4 and INT8. Throws StudioError('invalid_file') if neither exists, a shard lacks a tensor, or the index points
 * outside the folder.
 */
export async function openModelWeights(directory: string): Promise<ModelWeights> {
  const stored = await openStoredWeights(directory);
  try {
    return withExperts(await withQuantized(stored));
  } catch (error) {
    await stored.close();
    throw error;
  }
}

/**
 * Opens the weights like `openModelWeights`, but leaves each tensor in the form of the files; tensors of all experts are split.
 * @param wholeBytes sizes of the whole files by name, where only their headers are there yet
 */
export async function openStoredWeights(
  directory: string,
  wholeBytes: ReadonlyMap<string, number> = new Map(),
): Promise<ModelWeights> {
  const single = path.join(directory, 'model.safetensors');
  if (existsSync(single)) {
    const file = await openSafetensors(single, wholeBytes.get('model.safetensors'), splitTensors);
    return readable({ ...file, files: [single] });
  }
  const index = path.join(directory, indexName);
  if (existsSync(index)) return readable(await openShards(directory, index, wholeBytes));
  refuseQuantizedFolder(directory);
  const pickled = existsSync(path.join(directory, 'pytorch_model.bin'));
  throw new StudioError(
    'invalid_file',
    `${directory} has no model.safetensors.`,
    pickled
      ? 'Its weights are in pytorch_model.bin, which can run code when opened: convert it to safetensors first.'
      : `A model folder needs model.safetensors, or ${indexName} and its shards.`,
  );
}

/** @throws StudioError refused for weights in a quantization that is not read, which are closed */
async function readable(weights: ModelWeights): Promise<ModelWeights> {
  try {
    refuseQuantizedTensors(weights.path, weights.names);
    return weights;
  } catch (error) {
    await weights.close();
    throw error;
  }
}

async function openShards(
  directory: string,
  index: string,
  wholeBytes: ReadonlyMap<string, number>,
): Promise<ModelWeights> {
  const listed = await readIndex(index);
  const opened = new Map<string, TensorFiles>();
  const close = async () => {
    for (const shard of opened.values()) await shard.close();
  };
  try {
    for (const name of [...new Set(listed.values())].sort())
      opened.set(name, await openSafetensors(path.join(directory, name), wholeBytes.get(name), splitTensors));
    const split = new Map<string, string[]>();
    for (const { names } of opened.values())
      for (const name of names)
        for (const stored of new Set(fileForms.map(({ unsplit }) => unsplit(name)))) {
          const parts = split.get(stored);
          if (parts) parts.push(name);
          else split.set(stored, [name]);
        }
    const places = new Map<string, string>();
    for (const [name, file] of listed)
      for (const own of opened.get(file)?.has(name) ? [name] : (split.get(name) ?? [name])) places.set(own, file);
    const shardOf = (tensor: string): TensorFiles => {
      const shard = opened.get(places.get(tensor) ?? '');
      if (shard === undefined) throw new StudioError('invalid_file', `${index} lacks the tensor "${tensor}".`);
      return shard;
    };
    for (const tensor of places.keys()) shardOf(tensor).info(tensor);
    return {
      path: index,
      files: [...opened.values()].map((shard) => shard.path),
      names: [...places.keys()],
      has: (tensor) => places.has(tensor),
      info: (tensor) => shardOf(tensor).info(tensor),
      read: (tensor) => shardOf(tensor).read(tensor),
      stored: (tensor) => shardOf(tensor).stored?.(tensor) ?? null,
      bytes: (tensor) => shardOf(tensor).bytes(tensor),
      rows: (tensor, first, count) => rowsOf(shardOf(tensor), tensor, first, count),
      lend: (tensor, use) => shardOf(tensor).lend(tensor, use),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function rowsOf(file: TensorFiles, tensor: string, first: number, count: number): Promise<HostTensor> {
  if (file.rows) return file.rows(tensor, first, count);
  throw new Error(`${file.path} reads no single rows`);
}

/** Tensor name → shard's file name. */
async function readIndex(index: string): Promise<ReadonlyMap<string, string>> {
  const text = await readForeignText(index, fileLimits.index);
  if (isLfsPointer(text ?? '')) throw lfsPointer(index);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? '');
  } catch {
    throw new StudioError('invalid_file', `${index} is not JSON.`);
  }
  const checked = indexSchema.safeParse(parsed);
  if (!checked.success) throw new StudioError('invalid_file', `${index} has no weight_map from tensors to files.`);
  for (const file of Object.values(checked.data.weight_map))
    if (file !== path.basename(file) || /[\\\0]/.test(file) || file === '..' || file === '.')
      throw new StudioError('invalid_file', `${index} points outside its folder: ${JSON.stringify(file)}.`);
  return new Map(Object.entries(checked.data.weight_map));
}
