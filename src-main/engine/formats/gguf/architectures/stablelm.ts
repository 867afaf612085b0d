import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, layerNormEpsilon, usualDecoder } from './decoder-config.ts';
import { decoderModules, gatedLayerModules, withBias } from './decoder-modules.ts';

const modules = gatedLayerModules({ bias: 'optional', outputBias: 'none', interleaved: false });

/** StableLM 3B and StableLM 2: layer norms, and a part of each head is rotated. */
export const stablelm: GgufArchitecture = {
  id: 'stablelm',
  modelTypes: ['stablelm'],
  ...usualDecoder,
  layerModules: modules.map((module) => {
    if (module.gguf === 'attn_norm') return { ...module, ...withBias };
    // Absent where both parts read the same norm.
    return module.gguf === 'ffn_norm' ? { ...module, weight: 'optional', bias: 'optional' } : module;
  }),
  otherModules: decoderModules.map((module) => (module.gguf === 'output_norm' ? { ...module, ...withBias } : module)),
  config: async (file) => ({
    architectures: ['StableLmForCausalLM'],
    model_type: 'stablelm',
    ...(await decoderConfig(file, { isPartial: true })),
    layer_norm_eps: layerNormEpsilon(file),
    use_qkv_bias: file.tensors.has('blk.0.attn_q.bias'),
    use_parallel_residual: !file.tensors.has('blk.0.ffn_norm.weight'),
  }),
};
