import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { requireGgufPlaces } from '../gguf/lora-file.ts';
import {
  type Answer,
  beyondLora,
  converted,
  isLanguageModel,
  plainOrMerged,
  type Runtime,
  type RuntimeFacts,
  unsupported,
} from './runtime.ts';

/** llama.cpp reads GGUF files of LoRA whose tensors its own file of the base has. */
export const llamaCpp: Runtime = {
  id: 'llama-cpp',
  label: 'llama.cpp',
  source: 'llama.cpp src/llama-adapter.cpp and convert_lora_to_gguf.py (2026)',
  check: (facts) =>
    checkGguf(facts, 'llama.cpp') ??
    converted('Loads as a GGUF adapter: llama-cli -m BASE.gguf --lora ADAPTER.gguf.', 'gguf-lora'),
};

/** Returns the reason why llama.cpp's format does not support an adapter; null if it does. */
export function checkGguf(facts: RuntimeFacts, program: string): Answer | null {
  if (!isLanguageModel(facts))
    return unsupported(`${program} runs decoder-only language models, and the base of this adapter is not one.`);
  const reason = beyondLora(facts);
  if (reason !== null) return plainOrMerged(facts, program, reason);
  const { outline, description, config } = facts;
  try {
    requireGgufPlaces([...outline.modules.keys()], { description, config });
    return null;
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return unsupported([error.message, error.hint].filter((text) => text !== null).join(' '));
  }
}
