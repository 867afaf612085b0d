import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copyForeignFile } from '../../../files/foreign-file.ts';
import { encodeFloats, type FloatType } from '../../tensors/encode-floats.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import { type StreamedTensor, streamSafetensors } from '../../tensors/safetensors-stream.ts';

/** A tensor of a model to write, computed on demand. */
export interface ModelTensor {
  readonly name: string;
  readonly dtype: FloatType;
  readonly shape: readonly number[];
  make(): Promise<HostTensor>;
}

/** Larger models are split into shards of this size, as Transformers does. */
const shardBytes = 5_000_000_000;

/** Writes model.safetensors, or shards with their index, tensor by tensor, into an empty folder. */
export async function writeModelWeights(
  directory: string,
  tensors: readonly ModelTensor[],
  limit = shardBytes,
): Promise<void> {
  const shards: ModelTensor[][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    if (size > 0 && size + bytesOf(tensor) > limit) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)?.push(tensor);
    size += bytesOf(tensor);
  }
  if (shards.length === 1) return streamSafetensors(path.join(directory, 'model.safetensors'), streamed(tensors));
  const places: Record<string, string> = {};
  const numbered = (number: number) => String(number).padStart(5, '0');
  for (const [index, shard] of shards.entries()) {
    const file = `model-${numbered(index + 1)}-of-${numbered(shards.length)}.safetensors`;
    await streamSafetensors(path.join(directory, file), streamed(shard));
    for (const { name } of shard) places[name] = file;
  }
  const total = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const text = JSON.stringify({ metadata: { total_size: total }, weight_map: places }, null, 2);
  await writeFile(path.join(directory, 'model.safetensors.index.json'), `${text}\n`);
}

/** Copies the files beside config and weights: tokenizer, chat template, preprocessing, generation settings, licence. */
export async function copyModelCompanions(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const isCompanion = /\.(json|txt|model|jinja)$|^licen[cs]e/i.test(entry.name);
    const isWritten = entry.name === 'config.json' || entry.name.endsWith('.index.json');
    if ((entry.isFile() || entry.isSymbolicLink()) && isCompanion && !isWritten)
      await copyForeignFile(path.join(from, entry.name), path.join(to, entry.name));
  }
}

const tokenizerFiles: ReadonlySet<string> = new Set([
  'added_tokens.json',
  'chat_template.jinja',
  'merges.txt',
  'special_tokens_map.json',
  'spiece.model',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'vocab.json',
  'vocab.txt',
]);

/**
 * Copies a model's tokenizer and chat template, as Transformers' trainers put them beside an adapter. Empty if it has none.
 */
export async function copyTokenizer(from: string, to: string): Promise<void> {
  for (const name of await readdir(from))
    if (tokenizerFiles.has(name)) await copyForeignFile(path.join(from, name), path.join(to, name));
}

function streamed(tensors: readonly ModelTensor[]): StreamedTensor[] {
  return tensors.map(({ name, dtype, shape, make }) => ({
    name,
    dtype,
    shape,
    async *pieces() {
      const { data } = await make();
      yield encodeFloats(dtype, data instanceof Float32Array ? data : Float32Array.from(data));
    },
  }));
}

function bytesOf({ dtype, shape }: ModelTensor): number {
  return elementCount(shape) * (dtype === 'F32' ? 4 : 2);
}
