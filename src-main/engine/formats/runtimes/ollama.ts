import { checkGguf } from './llama-cpp.ts';
import { converted, type Runtime } from './runtime.ts';

/**
 * Ollama takes ADAPTER in a Modelfile: a GGUF adapter for whatever llama.cpp runs, or a safetensors folder for the architectures
 * llama (Mistral's too) and gemma2 alone, with one whole-numbered lora_alpha. The GGUF file is the way that always holds.
 */
export const ollama: Runtime = {
  id: 'ollama',
  label: 'Ollama',
  source: 'docs.ollama.com/import and ollama convert/convert.go (2026)',
  check: (facts) =>
    checkGguf(facts, 'Ollama') ??
    converted('Loads by a Modelfile with the GGUF adapter: ollama create NAME -f Modelfile.', 'ollama'),
};
