import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, headCounts, ownNumber, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules } from './decoder-modules.ts';

/** Granite 3 and later dense models: Llama with fixed factors. */
export const granite: GgufArchitecture = {
  id: 'granite',
  modelTypes: ['granite'],
  ...usualDecoder,
  layerModules: gatedLayerModules({ bias: 'optional', outputBias: 'optional', interleaved: true }),
  config: async (file) => ({
    architectures: ['GraniteForCausalLM'],
    model_type: 'granite',
    ...(await decoderConfig(file)),
    attention_bias: file.tensors.has('blk.0.attn_q.bias'),
    mlp_bias: file.tensors.has('blk.0.ffn_up.bias'),
    attention_multiplier: ownNumber(file, 'attention.scale') ?? headCounts(file).headDimension ** -0.5,
    embedding_multiplier: ownNumber(file, 'embedding_scale') ?? 1,
    residual_multiplier: ownNumber(file, 'residual_scale') ?? 1,
    logits_scaling: ownNumber(file, 'logit_scale') ?? 1,
  }),
};
