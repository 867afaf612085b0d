import type { GgufFile } from '../gguf-file.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules } from './decoder-modules.ts';

/** Llama, SmolLM2, TinyLlama; Mistral's models too are stored under this name. */
export const llama: GgufArchitecture = {
  id: 'llama',
  modelTypes: ['llama', 'mistral'],
  ...usualDecoder,
  layerModules: gatedLayerModules({ bias: 'optional', outputBias: 'optional', interleaved: true }),
  configTensors: ['rope_freqs.weight'],
  async config(file) {
    const window = file.metadata.count('llama.attention.sliding_window') ?? 0;
    const shared = await decoderConfig(file);
    if (window > 0)
      return { architectures: ['MistralForCausalLM'], model_type: 'mistral', ...shared, sliding_window: window };
    return {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      ...shared,
      attention_bias: hasBias(file, 'attn_q'),
      mlp_bias: hasBias(file, 'ffn_up'),
    };
  },
};

function hasBias({ tensors }: GgufFile, module: string): boolean {
  return tensors.has(`blk.0.${module}.bias`);
}
