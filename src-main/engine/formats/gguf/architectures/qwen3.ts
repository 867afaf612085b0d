import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, headCounts, layerCount } from './decoder-config.ts';
import { decoderModules, gatedLayerModules } from './decoder-modules.ts';

/** Qwen3's dense models: queries and keys are normalized within each head. */
export const qwen3: GgufArchitecture = {
  id: 'qwen3',
  modelTypes: ['qwen3'],
  layersPrefix: 'model.layers',
  layerModules: [
    ...gatedLayerModules({ bias: 'none', outputBias: 'none', interleaved: false }),
    { gguf: 'attn_q_norm', transformers: 'self_attn.q_norm', weight: 'required', bias: 'none' },
    { gguf: 'attn_k_norm', transformers: 'self_attn.k_norm', weight: 'required', bias: 'none' },
  ],
  otherModules: decoderModules,
  configTensors: [],
  layerCount,
  headCounts,
  config: async (file) => ({
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    ...(await decoderConfig(file)),
    attention_bias: false,
    use_sliding_window: false,
  }),
};
