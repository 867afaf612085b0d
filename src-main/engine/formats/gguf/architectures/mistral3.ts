import { ministral3Family } from '../../../models/decoder/ministral3.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, ownNumber, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules } from './decoder-modules.ts';

/** Ministral 3: Mistral with YaRN, and queries that grow with the position. */
export const mistral3: GgufArchitecture = {
  id: 'mistral3',
  modelTypes: [ministral3Family.modelType],
  ...usualDecoder,
  layerModules: gatedLayerModules({ bias: 'none', outputBias: 'none', interleaved: true }),
  config: async (file) => {
    const { rope_scaling, rope_theta, ...shared } = await decoderConfig(file);
    return {
      architectures: ['Ministral3ForCausalLM'],
      model_type: ministral3Family.modelType,
      ...shared,
      rope_parameters: {
        rope_type: 'default',
        ...Object(rope_scaling),
        rope_theta,
        llama_4_scaling_beta: ownNumber(file, 'attention.temperature_scale') ?? 0,
      },
      sliding_window: null,
    };
  },
};
