import { doraLinear } from '../../ops/linear/dora-linear.ts';
import { doraEmbedding } from '../../ops/linear/lora-embedding.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import { rowNorms } from '../factors/magnitude.ts';
import { initializationOf } from '../initializations/index.ts';
import { loraFormat } from '../peft-format/lora-format.ts';
import { type AdapterVariant, type ModuleTensors, partOf } from '../variant/variant.ts';
import { factorsOf, lora } from './lora.ts';
import { lowRankParameters } from './parameters.ts';

/**
 * DoRA: W' = m · (W + s·B·A) / ‖W + s·B·A‖ by output, m trained, the norm held fixed in the backward pass. Liu et al. 2024.
 * Parts: those of LoRA, and magnitude [out].
 */
export const dora: AdapterVariant = {
  ...lora,
  declaration: {
    ...lora.declaration,
    id: 'dora',
    label: 'DoRA',
    summary:
      "LoRA with B·A for the direction of each output's weights, and one trained magnitude per output for their length.",
    paper: { title: 'DoRA: Weight-Decomposed Low-Rank Adaptation', url: 'https://arxiv.org/abs/2402.09353' },
    parameters: lowRankParameters,
  },
  files: loraFormat({ use_rslora: false, use_dora: true }),
  parts: (module, settings) => [
    ...lora.parts(module, settings),
    { name: 'magnitude', shape: [module.outFeatures], trainable: true },
  ],
  async initialize(module, settings, source) {
    const tensors = await lora.initialize(module, settings, source);
    return tensors.set('magnitude', rowNorms(await source.weight()));
  },
  forward: (x, frozen, adapted, options) => doraLinear(x, frozen, withMagnitude(adapted), options),
  residual: { initialization: initializationOf, isAdditive: false },
  loraFactors: () => null,
  embedding: (ids, frozen, adapted) => doraEmbedding(ids, frozen, withMagnitude(adapted)),
  mergedWeight: (weight, adapted, inputsFirst) => mergedWeight(weight, withMagnitude(adapted), inputsFirst),
  product: {
    lowRank: null,
    reason: 'its magnitudes also scale the rows of the base',
  },
  memory: (linear, settings) => [...lora.memory(linear, settings), linear.rows * linear.outputs],
};

function withMagnitude<T>(adapted: ModuleTensors<T>) {
  return { ...factorsOf(adapted), magnitude: partOf(adapted, 'magnitude') };
}
