import { phiFamily } from '../../../models/decoder/phi.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, layerNormEpsilon, usualDecoder } from './decoder-config.ts';
import { decoderModules, withBias } from './decoder-modules.ts';

/** Phi-1, Phi-1.5 and Phi-2: biases, and one norm before attention and the feed-forward part. */
export const phi2: GgufArchitecture = {
  id: 'phi2',
  modelTypes: [phiFamily.modelType],
  ...usualDecoder,
  layerModules: [
    { gguf: 'attn_norm', transformers: 'input_layernorm', ...withBias },
    { gguf: 'attn_q', transformers: 'self_attn.q_proj', ...withBias },
    { gguf: 'attn_k', transformers: 'self_attn.k_proj', ...withBias },
    { gguf: 'attn_v', transformers: 'self_attn.v_proj', ...withBias },
    { gguf: 'attn_output', transformers: 'self_attn.dense', ...withBias },
    { gguf: 'ffn_up', transformers: 'mlp.fc1', ...withBias },
    { gguf: 'ffn_down', transformers: 'mlp.fc2', ...withBias },
  ],
  otherModules: decoderModules.map((module) => {
    if (module.gguf === 'token_embd') return module;
    return module.gguf === 'output_norm'
      ? { ...module, ...withBias, transformers: 'model.final_layernorm' }
      : { ...module, bias: 'optional' };
  }),
  config: async (file) => ({
    architectures: ['PhiForCausalLM'],
    model_type: phiFamily.modelType,
    ...(await decoderConfig(file, { isPartial: true, activation: 'gelu_new' })),
    // llama.cpp's converter writes four times the hidden size, whatever the model has.
    intermediate_size: file.tensors.get('blk.0.ffn_up.weight')?.shape[0] ?? 0,
    layer_norm_eps: layerNormEpsilon(file),
    qk_layernorm: false,
  }),
};
