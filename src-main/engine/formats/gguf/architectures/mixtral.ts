import { mixtralFamily } from '../../../models/decoder/mixtral.ts';
import type { GgufArchitecture } from './architecture.ts';
import { chosenExperts, decoderConfig, expertCount, usualDecoder } from './decoder-config.ts';
import { gatedLayerModules, mixtureModules } from './decoder-modules.ts';

const layer = gatedLayerModules({ bias: 'none', outputBias: 'none', interleaved: true });

/** Mixtral, whose files name Llama's architecture. */
export const mixtral: GgufArchitecture = {
  id: 'llama',
  isOf: (file) => expertCount(file) > 0,
  modelTypes: [mixtralFamily.modelType],
  ...usualDecoder,
  layerModules: mixtureModules(layer, { module: 'block_sparse_moe', gate: 'w1', up: 'w3', down: 'w2' }),
  config: async (file) => ({
    architectures: ['MixtralForCausalLM'],
    model_type: mixtralFamily.modelType,
    ...(await decoderConfig(file, { hasExperts: true })),
    num_local_experts: expertCount(file),
    num_experts_per_tok: chosenExperts(file),
    sliding_window: null,
  }),
};
