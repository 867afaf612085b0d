import path from 'node:path';
import { openSafetensors, type SafetensorsFile } from '../../tensors/safetensors.ts';
import { adapterTensorsFile } from './adapter-config.ts';

/** A part of one of PEFT's tuners, with a name behind it. */
const named = /\.(?:lora|hada|lokr|ia3|oft|vera|randlora|miss|c3a|shira|delora|hira|gralora)_\w+\.(\w+?)(?:\.weight)?$/;

/**
 * Gives the tensors of a state dict that PEFT's save_pretrained did not write the names of one that it did: without the adapter's
 * name, as in `lora_A.default.weight`. Others stay unchanged.
 */
export function withoutAdapterName<T>(tensors: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const names = new Set([...tensors.keys()].flatMap((key) => named.exec(key)?.[1] ?? []));
  for (const own of ['weight', 'bias']) names.delete(own);
  const [name] = names;
  if (name === undefined || names.size > 1) return tensors;
  const whole = `.modules_to_save.${name}.`;
  const ending = new RegExp(`\\.${name}(?=(\\.weight|\\.bias)?$)`);
  return new Map([...tensors].map(([key, tensor]) => [key.replace(whole, '.').replace(ending, ''), tensor]));
}

/** Opens adapter_model.safetensors of a folder, with the names that PEFT's save_pretrained writes. */
export function openAdapterTensors(directory: string): Promise<SafetensorsFile> {
  return openSafetensors(path.join(directory, adapterTensorsFile), undefined, withoutAdapterName);
}
