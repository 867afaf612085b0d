import { olmo3Family } from '../../../models/decoder/olmo3.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, layerCount, ownNumber } from './decoder-config.ts';
import { olmo2 } from './olmo2.ts';

/** OLMo 3, whose files name OLMo 2's architecture: three of four layers have a sliding window, whose positions are not scaled. */
export const olmo3: GgufArchitecture = {
  ...olmo2,
  isOf: (file) => (ownNumber(file, 'attention.sliding_window') ?? 0) > 0,
  modelTypes: [olmo3Family.modelType],
  config: async (file) => {
    const shared = await decoderConfig(file);
    return {
      architectures: ['Olmo3ForCausalLM'],
      model_type: olmo3Family.modelType,
      ...shared,
      rope_local_base_freq: ownNumber(file, 'rope.freq_base_swa') ?? shared['rope_theta'],
      sliding_window: ownNumber(file, 'attention.sliding_window'),
      layer_types: Array.from({ length: layerCount(file) }, (_, index) =>
        (index + 1) % 4 === 0 ? 'full_attention' : 'sliding_attention',
      ),
    };
  },
};
