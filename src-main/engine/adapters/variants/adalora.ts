import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import { adaloraLinear } from '../../ops/linear/adalora-linear.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { zeros } from '../draws/kaiming.ts';
import { adaloraFormat, adaloraStrength, budgetPhases } from '../peft-format/adalora-format.ts';
import { RankAllocator } from '../ranks/rank-allocator.ts';
import { type AdapterVariant, type ModuleTensors, partOf, requireRank } from '../variant/variant.ts';
import { adaloraParameters } from './adalora-parameters.ts';

/**
 * AdaLoRA: y = W·x + lora_alpha / init_r · B·diag(E)·A·x, a singular value decomposition that a penalty keeps nearly orthogonal,
 * and whose least important triplets are taken away while it trains. Zhang et al. 2023, as PEFT has it. Parts: a [r, in],
 * b [out, r], e [r, 1].
 */
export const adalora: AdapterVariant = {
  declaration: {
    id: 'adalora',
    label: 'AdaLoRA',
    summary: 'Trains B·A as a singular value decomposition and moves ranks to the most important linears.',
    paper: {
      title: 'AdaLoRA: Adaptive Budget Allocation for Parameter-Efficient Fine-Tuning',
      url: 'https://arxiv.org/abs/2303.10512',
    },
    parameters: adaloraParameters,
  },
  files: adaloraFormat,
  strength: adaloraStrength,
  parts({ inFeatures, outFeatures }, settings) {
    const rank = requireRank(settings);
    return [
      { name: 'a', shape: [rank, inFeatures], trainable: true },
      { name: 'b', shape: [outFeatures, rank], trainable: true },
      { name: 'e', shape: [rank, 1], trainable: true },
    ];
  },
  initialize({ inFeatures, outFeatures }, settings, { random }) {
    const rank = requireRank(settings);
    return new Map([
      ['a', normal([rank, inFeatures], random)],
      ['b', normal([outFeatures, rank], random)],
      ['e', zeros([rank, 1])],
    ]);
  },
  inputDropout: 'lora_dropout',
  forward(x, frozen, adapted, options) {
    if (requireRank(adapted) === 0) return frozenLinear(x, frozen, options);
    return adaloraLinear(x, frozen, { ...tripletsOf(adapted), scaling: adapted.scaling }, options);
  },
  mergedWeight(weight, adapted, inputsFirst) {
    if (requireRank(adapted) === 0) return tf.clone(weight);
    const { a, b, e } = tripletsOf(adapted);
    return mergedWeight(weight, { a: tf.mul(a, e), b, scaling: adapted.scaling }, inputsFirst);
  },
  product: {
    lowRank(adapted) {
      const { a, b, e } = tripletsOf(adapted);
      const { inFeatures, outFeatures } = adapted.module;
      // Other types have no rank of 0.
      if (requireRank(adapted) === 0)
        return { a: zeros([1, inFeatures]), b: zeros([outFeatures, 1]), scaling: adapted.scaling };
      const width = a.shape[1] ?? 0;
      const data = Float32Array.from(a.data, (value, at) => value * (e.data[Math.floor(at / width)] ?? 0));
      return { a: { shape: a.shape, data }, b, scaling: adapted.scaling };
    },
    size: (own) => Math.max(1, requireRank(own)),
  },
  training: {
    check({ totalSteps, unit }, parameters) {
      const [initial, target] = [numberOf(parameters, 'init_r'), numberOf(parameters, 'target_r')];
      if (target > initial)
        throw new StudioError(
          'invalid_input',
          `adapter.target_r is ${target}, but AdaLoRA only takes ranks away, and init_r is ${initial}.`,
          'Set init_r higher than target_r, usually by a half.',
        ).at('adapter.target_r');
      const { tinit, tfinal } = budgetPhases(parameters, totalSteps);
      if (tinit >= totalSteps - tfinal)
        throw new StudioError(
          'invalid_input',
          `adapter.tinit (${tinit} steps) and adapter.tfinal (${tfinal}) leave none of the ${totalSteps} steps of the run to take ranks away.`,
          'Lower one of the two, or train for more steps.',
        ).at('adapter.tinit');
      if (unit === 'rank')
        throw new StudioError(
          'refused',
          'AdaLoRA decides itself which ranks are left, so a schedule cannot switch them.',
          'Choose a schedule over layers, such as coto.schedule: coto, or another variant.',
        ).at('coto.schedule');
    },
    begin: (plan, parameters, modules) => new RankAllocator(plan, parameters, modules),
    memory: ({ inFeatures, outFeatures }, settings) => {
      const rank = requireRank(settings);
      const sizes = [rank * inFeatures, rank * outFeatures, rank];
      // Two moments, sensitivity and uncertainty.
      return [...sizes, ...sizes, ...sizes, ...sizes];
    },
  },
  memory: ({ rows }, settings) => [rows * requireRank(settings), rows * requireRank(settings)],
};

function tripletsOf<T>(adapted: ModuleTensors<T>): { a: T; b: T; e: T } {
  return { a: partOf(adapted, 'a'), b: partOf(adapted, 'b'), e: partOf(adapted, 'e') };
}

/** PEFT's start of A and B. */
function normal(shape: readonly [number, number], random: RandomStream): HostTensor {
  return { shape, data: Float32Array.from({ length: shape[0] * shape[1] }, () => 0.02 * random.normal()) };
}
