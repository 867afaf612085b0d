import { glm4Family } from '../../../models/decoder/glm4.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules, plain, renamed } from './decoder-modules.ts';

const attention = gatedLayerModules({ bias: 'optional', outputBias: 'none', interleaved: false });

/** GLM-4 of 2025: norms before and behind both parts, and positions on a part of each head. */
export const glm4: GgufArchitecture = {
  id: 'glm4',
  modelTypes: [glm4Family.modelType],
  ...usualDecoder,
  layerModules: [
    ...renamed(
      attention.filter(({ gguf }) => gguf !== 'ffn_gate'),
      { ffn_up: 'mlp.gate_up_proj' },
    ),
    { gguf: 'post_attention_norm', transformers: 'post_self_attn_layernorm', ...plain },
    { gguf: 'post_ffw_norm', transformers: 'post_mlp_layernorm', ...plain },
  ],
  config: async (file) => ({
    architectures: ['Glm4ForCausalLM'],
    model_type: glm4Family.modelType,
    ...(await decoderConfig(file, { isPartial: true })),
    attention_bias: file.tensors.has('blk.0.attn_q.bias'),
  }),
};
