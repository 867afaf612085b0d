import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { openSafetensors } from '../../tensors/safetensors.ts';
import { diffusers } from './diffusers.ts';
import type { AdapterFormat, AdapterSource } from './format.ts';
import { gguf } from './gguf.ts';
import { kohya } from './kohya.ts';
import { mlx } from './mlx.ts';
import { peft } from './peft.ts';

/** Every format in which adapters are read and written. */
export const adapterFormats: readonly AdapterFormat[] = [peft, mlx, gguf, kohya, diffusers];

const names = adapterFormats.map(({ label }) => label).join(', ');

/**
 * Returns the format of an adapter's file or folder. A folder with only one safetensors file counts as that file, and
 * the tensor file of a PEFT or MLX folder as its folder.
 * @throws StudioError invalid_input (nothing there) or invalid_file, refused (no adapter, a pickle), with the way out.
 */
export async function recognizeAdapter(given: string): Promise<{ format: AdapterFormat; source: AdapterSource }> {
  const source = await sourceAt(given);
  const format = adapterFormats.find((one) => one.recognize(source));
  if (format) return { format, source };
  const keyed = source.keys.find((key) => /\.lora_[AB](\.\w+)?\.weight$/.test(key));
  if (keyed !== undefined)
    throw new StudioError(
      'invalid_file',
      `${source.path} contains tensors of PEFT (${keyed}) without the adapter_config.json that says their scale.`,
      'Put adapter_config.json beside it, and choose the folder.',
    );
  const lone = source.keys.find((key) => key.endsWith('.lora_a'));
  if (lone !== undefined)
    throw new StudioError(
      'invalid_file',
      `${source.path} contains tensors of MLX (${lone}) without the adapter_config.json that says their scale.`,
      'Put adapter_config.json beside it, name it adapters.safetensors, and choose the folder.',
    );
  throw new StudioError(
    'invalid_file',
    `${source.path} is no adapter in a format that is known.`,
    `Known are: ${names}.`,
  );
}

async function sourceAt(given: string): Promise<AdapterSource> {
  const found = await stat(given).catch(() => null);
  if (found === null) throw new StudioError('invalid_input', `${given} does not exist.`, 'Check the path.');
  if (found.isDirectory()) return folderAt(given);
  const folder = path.dirname(given);
  const whole = ['adapter_model.safetensors', 'adapters.safetensors'].includes(path.basename(given));
  if (whole && (await readdir(folder)).includes('adapter_config.json')) return folderAt(folder);
  return fileAt(given);
}

async function folderAt(folder: string): Promise<AdapterSource> {
  const entries = await readdir(folder);
  const source = { path: folder, entries, keys: [] };
  if (adapterFormats.some((format) => format.recognize(source))) return source;
  const hasConfig = entries.includes('adapter_config.json');
  const pickle = entries.find((entry) => isPickle(entry) && (hasConfig || entries.length === 1));
  if (pickle !== undefined) throw refusedPickle(path.join(folder, pickle));
  if (hasConfig)
    throw new StudioError(
      'invalid_file',
      `${path.join(folder, 'adapter_model.safetensors')} does not exist, though there is an adapter_config.json.`,
      'Copy or download the adapter again: it is incomplete.',
    );
  const files = entries.filter((entry) => /\.(safetensors|gguf)$/i.test(entry));
  const [only] = files;
  if (only !== undefined && files.length === 1) return fileAt(path.join(folder, only));
  throw new StudioError(
    'invalid_file',
    files.length > 1
      ? `${folder} contains ${files.length} files that could be adapters.`
      : `${folder} has no adapter: it has neither adapter_config.json nor a safetensors or GGUF file.`,
    files.length > 1 ? `Choose one of them: ${files.join(', ')}.` : `Known are: ${names}.`,
  );
}

async function fileAt(file: string): Promise<AdapterSource> {
  if (isPickle(file)) throw refusedPickle(file);
  if (/\.gguf$/i.test(file)) return { path: file, entries: null, keys: [] };
  if (!/\.safetensors$/i.test(file))
    throw new StudioError('invalid_file', `${file} is neither a safetensors nor a GGUF file.`, `Known are: ${names}.`);
  const opened = await openSafetensors(file);
  try {
    return { path: file, entries: null, keys: opened.names };
  } finally {
    await opened.close();
  }
}

function isPickle(name: string): boolean {
  return /\.(pt|pth|ckpt|bin|pkl|npz)$/i.test(name);
}

function refusedPickle(file: string): StudioError {
  const isNumpy = /\.npz$/i.test(file);
  return new StudioError(
    'refused',
    isNumpy
      ? `${file} is an archive of NumPy, which mlx-lm no longer writes.`
      : `${file} is a pickle, and loading a pickle runs whatever code is in it.`,
    isNumpy
      ? 'Save it as adapters.safetensors with mlx.core.save_safetensors, with adapter_config.json beside it.'
      : 'Save it as safetensors where you trust it: safetensors.torch.save_file(torch.load(file, weights_only=True), "adapter.safetensors").',
  );
}
