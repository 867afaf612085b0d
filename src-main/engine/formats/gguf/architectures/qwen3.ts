import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules, queryKeyNorms } from './decoder-modules.ts';

/** Qwen3's dense models: queries and keys are normalized within each head. */
export const qwen3: GgufArchitecture = {
  id: 'qwen3',
  modelTypes: ['qwen3'],
  ...usualDecoder,
  layerModules: [...gatedLayerModules({ bias: 'none', outputBias: 'none', interleaved: false }), ...queryKeyNorms],
  config: async (file) => ({
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    ...(await decoderConfig(file)),
    attention_bias: false,
    use_sliding_window: false,
  }),
};
