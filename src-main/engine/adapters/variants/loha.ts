import * as tf from '@tensorflow/tfjs-core';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { hadamardMergedWeight, hadamardUpdate, usesKhatriRao } from '../../ops/linear/hadamard-update.ts';
import { kaimingUniform, zeros } from '../draws/kaiming.ts';
import { hadamardProduct } from '../factors/khatri-rao.ts';
import { type AdapterVariant, type ModuleTensors, partOf, requireRank } from '../variant/variant.ts';
import { lycorisDropout, lycorisFormat, lycorisParameters, lycorisStrength } from './lycoris.ts';

const partNames = ['w1_a', 'w1_b', 'w2_a', 'w2_b'] as const;

/**
 * LoHa: y = W·x + (alpha / r) · ((W₁ₐ·W₁ᵦ) ∘ (W₂ₐ·W₂ᵦ))·x. FedPara's Hadamard product of two low-rank matrices (Hyeon-Woo et al.
 * 2021), in LyCORIS's form. Parts: w1_a, w2_a [out, r], w1_b, w2_b [r, in].
 */
export const loha: AdapterVariant = {
  declaration: {
    id: 'loha',
    label: 'LoHa',
    summary:
      'Multiplies two low-rank products entry by entry. The update has a rank of up to r² from 2 · r · (in + out) values.',
    paper: {
      title: 'FedPara: Low-Rank Hadamard Product for Communication-Efficient Federated Learning',
      url: 'https://arxiv.org/abs/2108.06098',
    },
    parameters: lycorisParameters(
      'Inner size of each of the two products: the adapter has 2 · r · (in + out) parameters a linear.',
    ),
  },
  files: lycorisFormat({
    type: 'LOHA',
    prefix: 'hada',
    parts: partNames,
    keys: ['init_weights'],
    fromConfig: () => ({}),
    toConfig: () => ({ init_weights: true }),
  }),
  strength: lycorisStrength,
  parts({ inFeatures, outFeatures }, settings) {
    const rank = requireRank(settings);
    return partNames.map((name) => ({
      name,
      shape: name.endsWith('a') ? [outFeatures, rank] : [rank, inFeatures],
      trainable: true,
    }));
  },
  sizes(shapes) {
    const [outFeatures, inFeatures] = [shapes.get('w1_a')?.[0], shapes.get('w1_b')?.[1]];
    return outFeatures === undefined || inFeatures === undefined ? null : { inFeatures, outFeatures };
  },
  initialize: (module, settings, { random }) =>
    new Map(
      loha
        .parts(module, settings)
        .map(({ name, shape }) => [name, name === 'w2_b' ? zeros(shape) : kaimingUniform(shape, random)]),
    ),
  inputDropout: null,
  updateDropout: (parameters) => lycorisDropout(parameters, true),
  forward(x, frozen, adapted, { derivative, residual, outputMask }) {
    const entered = scaleGradient(x, derivative);
    const { b1, ...factors } = factorsOf(adapted);
    // Rows of ΔW are rows of one of its factors.
    const kept = outputMask ? tf.mul(b1, tf.expandDims(outputMask, 1)) : b1;
    const update = hadamardUpdate(entered, { ...factors, b1: kept, scaling: adapted.scaling }, { residual });
    return frozenLinear(entered, frozen, { residual: update });
  },
  mergedWeight: (weight, adapted, inputsFirst) =>
    hadamardMergedWeight(weight, { ...factorsOf(adapted), scaling: adapted.scaling }, inputsFirst),
  product: {
    lowRank: (adapted) => hadamardProduct(factorsOf(adapted), adapted.scaling),
    size: (own) => requireRank(own) ** 2,
  },
  memory(linear, settings) {
    const rank = requireRank(settings);
    return usesKhatriRao(linear, rank, rank) ? [linear.rows * rank ** 2] : [];
  },
};

function factorsOf<T>(adapted: ModuleTensors<T>): { a1: T; b1: T; a2: T; b2: T } {
  return {
    a1: partOf(adapted, 'w1_b'),
    b1: partOf(adapted, 'w1_a'),
    a2: partOf(adapted, 'w2_b'),
    b2: partOf(adapted, 'w2_a'),
  };
}
