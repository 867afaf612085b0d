import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, layerNormEpsilon, usualDecoder } from './decoder-config.ts';
import { decoderModules, withBias } from './decoder-modules.ts';

/** StarCoder2: layer norms, biases and a plain feed-forward part. llama.cpp knows no sliding window of it. */
export const starcoder2: GgufArchitecture = {
  id: 'starcoder2',
  modelTypes: ['starcoder2'],
  ...usualDecoder,
  layerModules: [
    { gguf: 'attn_norm', transformers: 'input_layernorm', ...withBias },
    { gguf: 'attn_q', transformers: 'self_attn.q_proj', ...withBias },
    { gguf: 'attn_k', transformers: 'self_attn.k_proj', ...withBias },
    { gguf: 'attn_v', transformers: 'self_attn.v_proj', ...withBias },
    { gguf: 'attn_output', transformers: 'self_attn.o_proj', ...withBias },
    { gguf: 'ffn_norm', transformers: 'post_attention_layernorm', ...withBias },
    { gguf: 'ffn_up', transformers: 'mlp.c_fc', ...withBias },
    { gguf: 'ffn_down', transformers: 'mlp.c_proj', ...withBias },
  ],
  otherModules: decoderModules.map((module) => (module.gguf === 'output_norm' ? { ...module, ...withBias } : module)),
  config: async (file) => ({
    architectures: ['Starcoder2ForCausalLM'],
    model_type: 'starcoder2',
    ...(await decoderConfig(file, { activation: 'gelu_pytorch_tanh' })),
    norm_epsilon: layerNormEpsilon(file),
    use_bias: true,
    sliding_window: null,
  }),
};
