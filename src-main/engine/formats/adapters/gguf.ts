import { writeGgufLora } from '../gguf/lora-file.ts';
import { readGgufLora } from '../gguf/read-lora.ts';
import type { AdapterFormat } from './format.ts';

/** llama.cpp's adapters: one GGUF file with a pair of factors for each weight. */
export const gguf: AdapterFormat = {
  id: 'gguf-lora',
  label: 'GGUF adapter',
  summary: 'One file for llama.cpp and Ollama, loaded beside a GGUF file of the base (llama-cli --lora).',
  makes: 'file',
  extension: 'gguf',
  kinds: ['lora', 'rslora'],
  recognize: ({ path, entries }) => entries === null && /\.gguf$/i.test(path),
  read: ({ path }, bases) => readGgufLora(path, bases),
  write: (path, { state, description, config, name }) => writeGgufLora(path, state, { description, config }, name),
};
