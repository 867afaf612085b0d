import type { Activation } from '../ops/activation/activate.ts';
import { unsupportedValue } from './config-file.ts';
import type { ModelConfigFile } from './family.ts';

/** Activations by their names in config.json. */
const activations = new Map<string, Activation>([
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['gelu_new', 'gelu_tanh'],
  ['gelu_fast', 'gelu_tanh'],
  ['gelu_pytorch_tanh', 'gelu_tanh'],
  ['quick_gelu', 'quick_gelu'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['tanh', 'tanh'],
]);

/** @throws StudioError refused, naming the file, the key and the supported activations. */
export function readActivation(file: ModelConfigFile, key: string, name: string): Activation {
  const found = activations.get(name);
  if (found === undefined) throw unsupportedValue(file, key, name, [...activations.keys()].join(', '));
  return found;
}
