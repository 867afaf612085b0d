import { gemma3Family } from '../../../models/decoder/gemma3.ts';
import type { GgufArchitecture } from './architecture.ts';
import { layerCount, ownNumber, usualDecoder } from './decoder-config.ts';
import { decoderModules, plusOne, queryKeyNorms } from './decoder-modules.ts';
import { gemma2LayerModules, gemmaConfig } from './gemma2.ts';

/** Gemma 3, text alone: normalized queries and keys, and full attention in every sixth layer. */
export const gemma3: GgufArchitecture = {
  id: 'gemma3',
  modelTypes: [gemma3Family.modelType],
  ...usualDecoder,
  layerModules: [...gemma2LayerModules, ...plusOne(queryKeyNorms)],
  otherModules: plusOne(decoderModules),
  config: async (file) => {
    const layers = layerCount(file);
    const window = ownNumber(file, 'attention.sliding_window') ?? 0;
    const isFull = (index: number) => window === 0 || (index + 1) % 6 === 0;
    return {
      architectures: ['Gemma3ForCausalLM'],
      model_type: gemma3Family.modelType,
      ...(await gemmaConfig(file, 62)),
      layer_types: Array.from({ length: layers }, (_, index) =>
        isFull(index) ? 'full_attention' : 'sliding_attention',
      ),
      sliding_window: window,
      rope_theta: ownNumber(file, 'rope.freq_base') ?? 1_000_000,
      rope_local_base_freq: ownNumber(file, 'rope.freq_base_swa') ?? 10_000,
      final_logit_softcapping: ownNumber(file, 'final_logit_softcapping'),
    };
  },
};
