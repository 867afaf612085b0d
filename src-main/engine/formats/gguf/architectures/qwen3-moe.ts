import { qwen3MoeFamily } from '../../../models/decoder/qwen3-moe.ts';
import type { GgufArchitecture } from './architecture.ts';
import { chosenExperts, decoderConfig, expertCount, ownNumber, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules, mixtureModules, queryKeyNorms } from './decoder-modules.ts';

const layer = [...gatedLayerModules({ bias: 'none', outputBias: 'none', interleaved: false }), ...queryKeyNorms];

/** Qwen 3's mixtures of experts. llama.cpp has experts in every layer, and weights that sum to 1. */
export const qwen3Moe: GgufArchitecture = {
  id: 'qwen3moe',
  modelTypes: [qwen3MoeFamily.modelType],
  ...usualDecoder,
  layerModules: mixtureModules(layer, { module: 'mlp', gate: 'gate_proj', up: 'up_proj', down: 'down_proj' }),
  config: async (file) => {
    const shared = await decoderConfig(file, { hasExperts: true });
    return {
      architectures: ['Qwen3MoeForCausalLM'],
      model_type: qwen3MoeFamily.modelType,
      ...shared,
      moe_intermediate_size: ownNumber(file, 'expert_feed_forward_length') ?? shared['intermediate_size'],
      num_experts: expertCount(file),
      num_experts_per_tok: chosenExperts(file),
      norm_topk_prob: true,
      decoder_sparse_step: 1,
      mlp_only_layers: [],
      attention_bias: false,
      use_sliding_window: false,
    };
  },
};
