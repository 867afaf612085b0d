import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules } from './decoder-modules.ts';

/** Qwen2 and Qwen2.5: biases on queries, keys and values. */
export const qwen2: GgufArchitecture = {
  id: 'qwen2',
  modelTypes: ['qwen2'],
  ...usualDecoder,
  layerModules: gatedLayerModules({ bias: 'required', outputBias: 'none', interleaved: false }),
  config: async (file) => ({
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    ...(await decoderConfig(file)),
    use_sliding_window: false,
  }),
};
