import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copyForeignFile } from '../../../files/foreign-file.ts';
import { encodeFloats, type FloatType } from '../../tensors/encode-floats.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { byteLength, type StreamedTensor, streamSafetensors } from '../../tensors/safetensors-stream.ts';

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
  limit?: number,
): Promise<void> {
  await writeStreamedWeights(directory, tensors.map(streamedTensor), limit);
}

/** The same of tensors of any stored type. */
export async function writeStreamedWeights(
  directory: string,
  tensors: readonly StreamedTensor[],
  limit = shardBytes,
): Promise<void> {
  const shards: StreamedTensor[][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    if (size > 0 && size + byteLength(tensor) > limit) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)?.push(tensor);
    size += byteLength(tensor);
  }
  if (shards.length === 1) return streamSafetensors(path.join(directory, 'model.safetensors'), tensors);
  const places: Record<string, string> = {};
  const numbered = (number: number) => String(number).padStart(5, '0');
  for (const [index, shard] of shards.entries()) {
    const file = `model-${numbered(index + 1)}-of-${numbered(shards.length)}.safetensors`;
    await streamSafetensors(path.join(directory, file), shard);
    for (const { name } of shard) places[name] = file;
  }
  const total = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  const text = JSON.stringify({ metadata: { total_size: total }, weight_map: places }, null, 2);
  await writeFile(path.join(directory, 'model.safetensors.index.json'), `${text}\n`);
}

/** Folders of sentence-transformers' modules, e.g. 1_Pooling, and their files: configs, and weights of those that have any. */
const moduleFolder = /^\d+_\w+$/;
const moduleFile = /\.(json|safetensors|bin)$/;

/**
 * Copies the files beside config and weights: tokenizer, chat template, preprocessing, generation settings, licence, and the modules of
 * sentence-transformers.
 */
export async function copyModelCompanions(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true });
  const folders = entries.some(({ name }) => name === 'modules.json') ? entries : [];
  for (const { name } of folders.filter((entry) => entry.isDirectory() && moduleFolder.test(entry.name))) {
    await mkdir(path.join(to, name), { recursive: true });
    for (const file of await readdir(path.join(from, name)))
      if (moduleFile.test(file)) await copyForeignFile(path.join(from, name, file), path.join(to, name, file));
  }
  for (const entry of entries) {
    const isCompanion = /\.(json|txt|model|jinja)$|^licen[cs]e/i.test(entry.name);
    const isWritten = entry.name === 'config.json' || entry.name.endsWith('.index.json');
    if ((entry.isFile() || entry.isSymbolicLink()) && isCompanion && !isWritten)
      await copyForeignFile(path.join(from, entry.name), path.join(to, entry.name));
  }
}

/** The text of a copy's PROVENANCE.md: how it was made, above the text of the model that it was made from. */
export async function provenanceAbove(source: string, made: string): Promise<string> {
  const before = await readFile(path.join(source, 'PROVENANCE.md'), 'utf8').catch(() => null);
  return before === null ? made : `${made}\n${before}`;
}

const tokenizerFiles: ReadonlySet<string> = new Set([
  'added_tokens.json',
  'chat_template.jinja',
  'merges.txt',
  'sentencepiece.bpe.model',
  'special_tokens_map.json',
  'spiece.model',
  'spm.model',
  'tekken.json',
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

/** A tensor of a model as it is written. */
export function streamedTensor({ name, dtype, shape, make }: ModelTensor): StreamedTensor {
  return {
    name,
    dtype,
    shape,
    async *pieces() {
      const { data } = await make();
      yield encodeFloats(dtype, data instanceof Float32Array ? data : Float32Array.from(data));
    },
  };
}
