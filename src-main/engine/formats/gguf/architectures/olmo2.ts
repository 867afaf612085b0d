import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules, plain, queryKeyNorms } from './decoder-modules.ts';

const linears = gatedLayerModules({ bias: 'none', outputBias: 'none', interleaved: false }).filter(
  ({ gguf }) => !gguf.endsWith('norm'),
);

/** OLMo 2: norms behind both parts and across all queries and keys. */
export const olmo2: GgufArchitecture = {
  id: 'olmo2',
  modelTypes: ['olmo2'],
  ...usualDecoder,
  layerModules: [
    ...linears,
    ...queryKeyNorms,
    { gguf: 'post_attention_norm', transformers: 'post_attention_layernorm', ...plain },
    { gguf: 'post_ffw_norm', transformers: 'post_feedforward_layernorm', ...plain },
  ],
  config: async (file) => ({
    architectures: ['Olmo2ForCausalLM'],
    model_type: 'olmo2',
    ...(await decoderConfig(file)),
  }),
};
