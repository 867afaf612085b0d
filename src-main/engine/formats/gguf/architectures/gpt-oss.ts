import { gptOssFamily } from '../../../models/decoder/gpt-oss.ts';
import type { GgufArchitecture } from './architecture.ts';
import { chosenExperts, decoderConfig, expertCount, layerCount, ownNumber, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules, plain, renamed, withBias } from './decoder-modules.ts';
import { regroupedExperts } from './regrouped-experts.ts';

const attention = gatedLayerModules({ bias: 'required', outputBias: 'required', interleaved: false });
const experts = ['ffn_gate_exps', 'ffn_up_exps', 'ffn_down_exps'];

/** gpt-oss: attention with sinks, a window in every other layer, and experts whose linears transformers has in two tensors. */
export const gptOss: GgufArchitecture = {
  id: 'gpt-oss',
  modelTypes: [gptOssFamily.modelType],
  ...usualDecoder,
  layerModules: [
    ...renamed(
      attention.filter(({ gguf }) => gguf.startsWith('attn')),
      {},
    ),
    { gguf: 'post_attention_norm', transformers: 'post_attention_layernorm', ...plain },
    { gguf: 'attn_sinks', transformers: 'self_attn.sinks', ...plain, isParameter: true },
    { gguf: 'ffn_gate_inp', transformers: 'mlp.router', ...withBias },
  ],
  regrouped: {
    modules: experts,
    tensors: (file, layer) => regroupedExperts(file, `blk.${layer}`, `model.layers.${layer}.mlp.experts`),
  },
  config: async (file) => {
    const shared = await decoderConfig(file, { hasExperts: true });
    const layers = layerCount(file);
    const scaling = shared['rope_scaling'];
    return {
      architectures: ['GptOssForCausalLM'],
      model_type: gptOssFamily.modelType,
      ...shared,
      intermediate_size: ownNumber(file, 'expert_feed_forward_length') ?? shared['intermediate_size'],
      // Without scaling, config.json of the family means YaRN. The published models do not round its bounds.
      rope_scaling: scaling === null ? { rope_type: 'default' } : { ...Object(scaling), truncate: false },
      attention_bias: true,
      num_local_experts: expertCount(file),
      num_experts_per_tok: chosenExperts(file),
      sliding_window: ownNumber(file, 'attention.sliding_window') ?? 128,
      layer_types: Array.from({ length: layers }, (_, index) =>
        index % 2 === 0 ? 'sliding_attention' : 'full_attention',
      ),
    };
  },
};
