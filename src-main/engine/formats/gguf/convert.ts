import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { elementCount } from '../../tensors/host-tensor.ts';
import { byteLength, type StreamedTensor, streamSafetensors } from '../../tensors/safetensors-stream.ts';
import { architectureOfFile } from './architectures/index.ts';
import { convertedTensors } from './converted-tensors.ts';
import { type GgufFile, openGguf } from './gguf-file.ts';
import { type ConvertedTokenizer, convertTokenizer } from './tokenizer/index.ts';

export interface ConversionOptions {
  /** Called after every chunk with the bytes of model.safetensors written and total. */
  onProgress?(doneBytes: number, totalBytes: number): void;
  /** Its reason is thrown if it is aborted. */
  readonly signal?: AbortSignal;
  /** Called with the total size before anything is written. */
  beforeWriting?(totalBytes: number): Promise<void>;
  /** True if quantized weights are written as float32, which other programs read too; by default they stay encoded. */
  readonly decoded?: boolean;
}

export interface Conversion {
  /** Properties missing in the file, and the values used instead. */
  readonly warnings: readonly string[];
}

/**
 * Writes the model of a GGUF file as a Hugging Face folder: config.json, generation_config.json, model.safetensors,
 * tokenizer.json, tokenizer_config.json and PROVENANCE.md. Every value is exactly the file's; tensors are written in
 * chunks, so that memory does not grow with the model.
 *
 * @param directory an empty folder.
 * @throws StudioError naming the file and the key or tensor.
 */
export async function convertGguf(
  ggufPath: string,
  directory: string,
  options: ConversionOptions = {},
): Promise<Conversion> {
  const file = await openGguf(ggufPath);
  try {
    const plan = await planConversion(file, options.decoded);
    const { tokenizer, tensors, warnings } = plan;
    const totalBytes = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
    await options.beforeWriting?.(totalBytes);
    const write = (name: string, value: unknown) => writeJson(path.join(directory, name), value);
    await writeModelConfig(directory, plan);
    await write('generation_config.json', generationIds(tokenizer));
    await write('tokenizer.json', tokenizer.tokenizer);
    await write('tokenizer_config.json', tokenizer.config);
    await writeFile(path.join(directory, 'PROVENANCE.md'), provenance(file, warnings));
    await streamSafetensors(path.join(directory, 'model.safetensors'), watched(tensors, totalBytes, options));
    return { warnings };
  } finally {
    await file.close();
  }
}

/** Writes config.json of a converted model. */
export async function writeModelConfig(
  directory: string,
  { config, tokenizer, tensors }: Awaited<ReturnType<typeof planConversion>>,
): Promise<void> {
  const value = { ...config, ...tokenIds(tokenizer), torch_dtype: commonType(tensors) };
  await writeJson(path.join(directory, 'config.json'), value);
}

function writeJson(file: string, value: unknown): Promise<void> {
  return writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** Everything a conversion writes except the values of the tensors. Throws as `convertGguf`. */
export async function planConversion(file: GgufFile, decoded = false) {
  const warnings: string[] = [];
  const architecture = architectureOfFile(file);
  const config = await architecture.config(file);
  const tokenizer = convertTokenizer(file, (text) => warnings.push(text));
  const tensors = convertedTensors(file, architecture, config['tie_word_embeddings'] === true, decoded);
  return { config, tokenizer, tensors, warnings };
}

function watched(tensors: StreamedTensor[], totalBytes: number, options: ConversionOptions): StreamedTensor[] {
  let done = 0;
  return tensors.map((tensor) => ({
    ...tensor,
    async *pieces() {
      for await (const piece of tensor.pieces()) {
        options.signal?.throwIfAborted();
        yield piece;
        done += piece.length;
        options.onProgress?.(done, totalBytes);
      }
    },
  }));
}

function tokenIds({ special }: ConvertedTokenizer): Record<string, unknown> {
  return { bos_token_id: special.bos, eos_token_id: special.eos, pad_token_id: special.padding };
}

function generationIds({ special }: ConvertedTokenizer): Record<string, unknown> {
  const ends = [...new Set([special.eos, special.endOfTurn])].filter((id) => id !== null);
  return {
    bos_token_id: special.bos,
    eos_token_id: ends.length > 1 ? ends : (ends[0] ?? null),
    pad_token_id: special.padding,
  };
}

/** The dtype of most values, named as in config.json. */
function commonType(tensors: readonly StreamedTensor[]): string {
  const counts = new Map<string, number>();
  for (const { dtype, shape } of tensors) counts.set(dtype, (counts.get(dtype) ?? 0) + elementCount(shape));
  const [most] = [...counts].sort(([, one], [, other]) => other - one)[0] ?? ['F32'];
  return most === 'F16' ? 'float16' : most === 'BF16' ? 'bfloat16' : 'float32';
}

/** Description of the file from its metadata, for people. */
function provenance({ metadata, path: ggufPath, tensors }: GgufFile, warnings: readonly string[]): string {
  const types = [...new Set([...tensors.values()].map(({ type }) => type.name))].sort();
  const facts = [
    ['Name', metadata.text('general.name')],
    ['License', metadata.text('general.license')],
    ['Source', metadata.text('general.source.url') ?? metadata.text('general.url')],
  ].flatMap(([label, value]) => (value === null ? [] : [`- ${label}: ${value}`]));
  return [
    `Converted by CoTo Studio from the GGUF file ${path.basename(ggufPath)} (tensors in ${types.join(', ')}).`,
    ...(facts.length > 0 ? ['', ...facts] : []),
    ...(warnings.length > 0 ? ['', ...warnings] : []),
    '',
  ].join('\n');
}
