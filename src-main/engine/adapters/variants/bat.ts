import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { blockAffineLinear, blockAffineWeight } from '../../ops/linear/block-affine-linear.ts';
import { zeros } from '../draws/kaiming.ts';
import { missFormat } from '../peft-format/miss-format.ts';
import { type AdapterVariant, partOf, requireRank } from '../variant/variant.ts';
import { miss } from './miss.ts';
import { rankParameter } from './parameters.ts';

/**
 * Bat (block affine transformation): W' = W + W·M + M in blocks of r × r, where the blocks of one band of r outputs share their M;
 * PEFT's MiSS with init_weights "bat". Kang and Yin 2024. Part: block [out / r, r, r], which starts at zero.
 */
export const bat: AdapterVariant = {
  ...miss,
  declaration: {
    id: 'bat',
    label: 'Bat',
    summary:
      "MiSS whose shards also multiply the base's blocks. The update has full rank and depends on the base weights.",
    paper: {
      title: 'Bone: Block-Affine Adaptation of Large Language Models',
      url: 'https://arxiv.org/abs/2409.15371',
    },
    parameters: [
      rankParameter(
        64,
        'Rows and columns of a block: the adapter has r · out parameters a linear. It must divide inputs and outputs. On a quantized base every product decodes the whole weight: LoRA needs less memory there.',
        'Size of blocks',
      ),
    ],
  },
  files: missFormat({
    matches: (start) => start === 'bat',
    fromConfig: ({ r }) => ({ r }),
    toConfig: () => ({ init_weights: 'bat', miss_dropout: 0, mini_r: 1 }),
  }),
  parts({ name, inFeatures, outFeatures }, settings) {
    const r = requireRank(settings);
    if (inFeatures % r !== 0 || outFeatures % r !== 0)
      throw new StudioError(
        'invalid_input',
        `r: ${r} does not divide both sizes of ${name} [${outFeatures}, ${inFeatures}].`,
        'Choose a divisor of the inputs and outputs of all adapted linears.',
      ).at('adapter.r');
    return [{ name: 'block', shape: [outFeatures / r, r, r], trainable: true }];
  },
  initialize: (module, settings) => new Map(bat.parts(module, settings).map(({ name, shape }) => [name, zeros(shape)])),
  strength: (parameters) => ({ rank: numberOf(parameters, 'r'), scaling: 1 }),
  inputDropout: null,
  forward(x, frozen, adapted, { derivative, residual }) {
    const changed = { block: partOf(adapted, 'block'), scaling: adapted.scaling };
    return blockAffineLinear(scaleGradient(x, derivative), frozen, changed, { residual });
  },
  mergedWeight(weight, adapted, inputsFirst) {
    const block = partOf(adapted, 'block');
    if (!inputsFirst) return blockAffineWeight(weight, block, adapted.scaling);
    return tf.transpose(blockAffineWeight(tf.transpose(weight), block, adapted.scaling));
  },
  product: {
    lowRank: null,
    reason: "it multiplies blocks of the base's own weight",
  },
  weights: {
    // Decoded; what is made of it is made in bands.
    materializedWeights: 2,
  },
  memory: () => [],
};
