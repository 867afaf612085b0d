import * as tf from '@tensorflow/tfjs-core';
import { loraEmbedding } from '../../ops/linear/lora-embedding.ts';
import { loraLinear } from '../../ops/linear/lora-linear.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import { initializeFactors } from '../draws/initialize.ts';
import { initializationOf } from '../initializations/index.ts';
import { loraFormat, loraStrength } from '../peft-format/lora-format.ts';
import {
  type AdapterVariant,
  type ModuleSettings,
  type ModuleTensors,
  partOf,
  requireRank,
} from '../variant/variant.ts';
import { loraBiasParameter, lowRankParameters } from './parameters.ts';

/** LoRA: y = W·x + (lora_alpha / r) · B·A·x. Hu et al. 2021. Parts: a [r, in], b [out, r], with lora_bias bias [out]. */
export const lora: AdapterVariant = {
  declaration: {
    id: 'lora',
    label: 'LoRA',
    summary: 'Low-rank update B·A on each target layer, scaled by lora_alpha / r.',
    paper: { title: 'LoRA: Low-Rank Adaptation of Large Language Models', url: 'https://arxiv.org/abs/2106.09685' },
    parameters: [...lowRankParameters, loraBiasParameter],
  },
  files: loraFormat({ use_rslora: false, use_dora: false }),
  strength: loraStrength((rank) => rank),
  parts({ inFeatures, outFeatures, kind }, settings) {
    const rank = requireRank(settings);
    return [
      { name: 'a', shape: [rank, inFeatures], trainable: true },
      { name: 'b', shape: [outFeatures, rank], trainable: true },
      ...(hasBias(settings) && kind === 'linear' ? [{ name: 'bias', shape: [outFeatures], trainable: true }] : []),
    ];
  },
  residual: {
    initialization: initializationOf,
    isAdditive: true,
  },
  initialize(module, settings, { random, factors }) {
    const { a, b } = factors ?? initializeFactors(module, requireRank(settings), 'kaiming', random);
    const tensors = new Map([
      ['a', a],
      ['b', b],
    ]);
    if (!hasBias(settings) || module.kind !== 'linear') return tensors;
    return tensors.set('bias', { shape: [module.outFeatures], data: new Float32Array(module.outFeatures) });
  },
  inputDropout: 'lora_dropout',
  forward(x, frozen, adapted, options) {
    const y = loraLinear(x, frozen, factorsOf(adapted), options);
    const bias = adapted.tensors.get('bias');
    return bias === undefined ? y : tf.add<tf.Tensor2D>(y, tf.mul(bias, adapted.scaling));
  },
  loraFactors: (adapted) => (adapted.tensors.has('bias') ? null : factorsOf(adapted)),
  embedding: (ids, frozen, adapted) => loraEmbedding(ids, frozen, factorsOf(adapted)),
  mergedWeight: (weight, adapted, inputsFirst) =>
    mergedWeight(weight, { ...factorsOf(adapted), magnitude: null }, inputsFirst),
  weights: {
    mergedBias: {
      changes: ({ tensors }) => tensors.has('bias'),
      merge(bias, adapted) {
        const own = tf.mul<tf.Tensor1D>(partOf(adapted, 'bias'), adapted.scaling);
        return bias === null ? own : tf.add<tf.Tensor1D>(bias, own);
      },
    },
  },
  product: {
    lowRank: factorsOf,
  },
  ranks: {
    switchable: { part: 'b', axis: 1 },
    factors: { a: 'a', b: 'b' },
  },
  memory: ({ rows }, settings) => [rows * requireRank(settings)],
};

/** A and B. */
export function factorsOf<T>(adapted: ModuleTensors<T>): { a: T; b: T; scaling: number } {
  return { a: partOf(adapted, 'a'), b: partOf(adapted, 'b'), scaling: adapted.scaling };
}

function hasBias({ parameters }: ModuleSettings): boolean {
  return parameters['lora_bias'] === true;
}
