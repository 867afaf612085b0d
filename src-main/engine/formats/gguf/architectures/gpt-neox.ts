import { gptNeoxFamily } from '../../../models/decoder/gpt-neox.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, headCounts, layerCount, layerNormEpsilon } from './decoder-config.ts';
import { plain, withBias } from './decoder-modules.ts';

/** GPT-NeoX and Pythia: one linear of queries, keys and values, and a part of each head is rotated. */
export const gptNeox: GgufArchitecture = {
  id: 'gptneox',
  modelTypes: [gptNeoxFamily.modelType],
  layersPrefix: 'gpt_neox.layers',
  layerModules: [
    { gguf: 'attn_norm', transformers: 'input_layernorm', ...withBias },
    {
      gguf: 'attn_qkv',
      transformers: 'attention.query_key_value',
      weight: 'required',
      bias: 'optional',
      rearranged: 'grouped-heads',
    },
    { gguf: 'attn_output', transformers: 'attention.dense', weight: 'required', bias: 'optional' },
    { gguf: 'ffn_norm', transformers: 'post_attention_layernorm', ...withBias },
    { gguf: 'ffn_up', transformers: 'mlp.dense_h_to_4h', ...withBias },
    { gguf: 'ffn_down', transformers: 'mlp.dense_4h_to_h', ...withBias },
  ],
  otherModules: [
    { gguf: 'token_embd', transformers: 'gpt_neox.embed_in', ...plain },
    { gguf: 'output_norm', transformers: 'gpt_neox.final_layer_norm', ...withBias },
    { gguf: 'output', transformers: 'embed_out', weight: 'optional', bias: 'none' },
  ],
  configTensors: [],
  layerCount,
  headCounts,
  config: async (file) => {
    const shared = await decoderConfig(file, { isPartial: true, activation: 'gelu' });
    const { partial_rotary_factor, rope_theta, rope_scaling: _, ...others } = shared;
    return {
      architectures: ['GPTNeoXForCausalLM'],
      model_type: gptNeoxFamily.modelType,
      ...others,
      rotary_pct: partial_rotary_factor,
      rotary_emb_base: rope_theta,
      layer_norm_eps: layerNormEpsilon(file),
      attention_bias: file.tensors.has('blk.0.attn_qkv.bias'),
      use_parallel_residual: file.metadata.flag('gptneox.use_parallel_residual') ?? true,
    };
  },
};
