import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { fileLimits, readForeignText } from '../../../files/foreign-file.ts';
import { withQuantized } from '../../tensors/bitsandbytes/read-quantized.ts';
import { openSafetensors, type TensorFiles } from '../../tensors/safetensors.ts';

/** A model folder's weights, in one file or in shards. */
export interface ModelWeights extends TensorFiles {
  /** Absolute paths of the safetensors files, ordered by name. */
  readonly files: readonly string[];
}

const indexName = 'model.safetensors.index.json';
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Opens `model.safetensors`, else the shards that `model.safetensors.index.json` names; what bitsandbytes has quantized are
 * matrices of NF4 and INT8. Throws StudioError('invalid_file') if neither exists, a shard lacks a tensor, or the index points
 * outside the folder.
 */
export async function openModelWeights(directory: string): Promise<ModelWeights> {
  const stored = await openStoredWeights(directory);
  try {
    return await withQuantized(stored);
  } catch (error) {
    await stored.close();
    throw error;
  }
}

/**
 * Opens the weights like `openModelWeights`, but leaves each tensor in the form of the files.
 * @param wholeBytes sizes of the whole files by name, where only their headers are there yet
 */
export async function openStoredWeights(
  directory: string,
  wholeBytes: ReadonlyMap<string, number> = new Map(),
): Promise<ModelWeights> {
  const single = path.join(directory, 'model.safetensors');
  if (existsSync(single)) {
    const file = await openSafetensors(single, wholeBytes.get('model.safetensors'));
    return { ...file, files: [single] };
  }
  const index = path.join(directory, indexName);
  if (existsSync(index)) return openShards(directory, index, wholeBytes);
  const pickled = existsSync(path.join(directory, 'pytorch_model.bin'));
  throw new StudioError(
    'invalid_file',
    `${directory} has no model.safetensors.`,
    pickled
      ? 'Its weights are in pytorch_model.bin, which can run code when opened: convert it to safetensors first.'
      : `A model folder needs model.safetensors, or ${indexName} and its shards.`,
  );
}

async function openShards(
  directory: string,
  index: string,
  wholeBytes: ReadonlyMap<string, number>,
): Promise<ModelWeights> {
  const places = await readIndex(index);
  const opened = new Map<string, TensorFiles>();
  const close = async () => {
    for (const shard of opened.values()) await shard.close();
  };
  try {
    for (const name of [...new Set(places.values())].sort())
      opened.set(name, await openSafetensors(path.join(directory, name), wholeBytes.get(name)));
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
      lend: (tensor, use) => shardOf(tensor).lend(tensor, use),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Tensor name → shard's file name. */
async function readIndex(index: string): Promise<ReadonlyMap<string, string>> {
  const text = await readForeignText(index, fileLimits.index);
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
