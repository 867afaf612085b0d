import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, usualDecoder } from './decoder-config.ts';
import { decoderModules, gatedLayerModules, plusOne } from './decoder-modules.ts';

const usual = gatedLayerModules({ bias: 'none', outputBias: 'none', interleaved: false });

/** The first Gemma: scales of norms are stored with 1 added. */
export const gemma: GgufArchitecture = {
  id: 'gemma',
  modelTypes: ['gemma'],
  ...usualDecoder,
  layerModules: plusOne(usual),
  otherModules: plusOne(decoderModules),
  config: async (file) => ({
    architectures: ['GemmaForCausalLM'],
    model_type: 'gemma',
    ...(await decoderConfig(file, { activation: 'gelu_pytorch_tanh' })),
  }),
};
