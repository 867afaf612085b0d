import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules } from './decoder-modules.ts';

/** SmolLM3: Llama without rotation in every fourth layer. */
export const smollm3: GgufArchitecture = {
  id: 'smollm3',
  modelTypes: ['smollm3'],
  ...usualDecoder,
  layerModules: gatedLayerModules({ bias: 'optional', outputBias: 'optional', interleaved: true }),
  configTensors: ['rope_freqs.weight'],
  config: async (file) => ({
    architectures: ['SmolLM3ForCausalLM'],
    model_type: 'smollm3',
    ...(await decoderConfig(file)),
    attention_bias: file.tensors.has('blk.0.attn_q.bias'),
    mlp_bias: file.tensors.has('blk.0.ffn_up.bias'),
    no_rope_layer_interval: 4,
    use_sliding_window: false,
  }),
};
