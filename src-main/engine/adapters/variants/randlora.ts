import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import { isTurned, randloraFactors, randloraLinear } from '../../ops/linear/randlora-linear.ts';
import { basisShapes, randloraProduct, randomBases } from '../factors/random-bases.ts';
import { type AdapterVariant, type ModuleTensors, partOf, requireRank } from '../variant/variant.ts';
import { dropoutParameter, projectionParameters } from './parameters.ts';

/** PEFT's RandLoraConfig, with PEFT's defaults. */
const configSchema = z.object({
  r: z.number().int().min(1).default(32),
  randlora_alpha: z.number().positive().default(640),
  randlora_dropout: z.number().min(0).max(1).default(0),
  projection_prng_key: z.number().int().default(0),
  save_projection: z.boolean().default(true),
  sparse: z.boolean().default(false),
  very_sparse: z.boolean().default(false),
});

/**
 * RandLoRA: ΔW = randlora_alpha / r · Σⱼ Bⱼ·Λⱼ·A·Γⱼ with as many random bases Bⱼ as give full rank; trained are the diagonals Λⱼ and
 * Γⱼ. Albert et al. 2025. Parts: lambda [r, n] and gamma [n, s], n = ⌈s / r⌉, s the smaller of in and out; A and B are shared.
 */
export const randlora: AdapterVariant = {
  declaration: {
    id: 'randlora',
    label: 'RandLoRA',
    summary:
      'Adds a sum of random low-rank matrices, each scaled by trained vectors. The update has full rank from few trained values.',
    paper: {
      title: 'RandLoRA: Full-Rank Parameter-Efficient Fine-Tuning of Large Models',
      url: 'https://arxiv.org/abs/2502.00987',
    },
    parameters: [
      {
        name: 'r',
        label: 'Rank of a basis',
        type: 'integer',
        default: 32,
        minimum: 1,
        maximum: 4096,
        step: 1,
        help: 'Rank of each random matrix. A smaller rank needs more matrices and trains more values.',
      },
      {
        name: 'randlora_alpha',
        label: 'Alpha',
        type: 'number',
        default: 640,
        above: 0,
        step: 1,
        help: 'Strength of the adapter, divided by r. About 20 · r is usual. Large values need small learning rates.',
      },
      dropoutParameter('randlora_dropout'),
      {
        name: 'sparse',
        label: 'Sparse bases',
        type: 'boolean',
        default: false,
        help: 'Draws bases of −1, 0 and 1, two thirds of them 0. This saves neither time nor memory.',
        advanced: true,
      },
      {
        name: 'very_sparse',
        label: 'Very sparse bases',
        type: 'boolean',
        default: false,
        help: 'Draws bases of −1, 0 and 1. A share of 1/√s is not 0, where s is the smaller size of the largest linear. It overrides sparse.',
        advanced: true,
      },
      ...projectionParameters,
    ],
  },
  files: {
    type: 'RANDLORA',
    ownKeys: [...Object.keys(configSchema.shape), 'init_weights'],
    sharedKeys: ['layers_to_transform', 'layers_pattern', 'bias', 'fan_in_fan_out'],
    matches: () => true,
    fromConfig: (config) => configSchema.parse(config),
    toConfig: (parameters) => ({ ...parameters, init_weights: true }),
    parts: ['lambda', 'gamma'],
    tensorKey: (_, part) => `randlora_${part}`,
    sharedParts: ['A', 'B'],
    sharedTensorKey: (part) => `randlora_${part}`,
  },
  strength(parameters) {
    const rank = numberOf(parameters, 'r');
    return { rank, scaling: numberOf(parameters, 'randlora_alpha') / rank };
  },
  parts(module, settings) {
    const rank = requireRank(settings);
    const smaller = Math.min(module.inFeatures, module.outFeatures);
    const count = Math.ceil(smaller / rank);
    return [
      { name: 'lambda', shape: [rank, count], trainable: true },
      { name: 'gamma', shape: [count, smaller], trainable: true },
    ];
  },
  shared: {
    savedBy: 'save_projection',
    parts: (modules, parameters) =>
      Object.entries(basisShapes(modules, parameters)).map(([name, shape]) => ({ name, shape, trainable: false })),
    initialize: (modules, parameters) => randomBases(basisShapes(modules, parameters), parameters),
  },
  initialize(module, settings) {
    const shapes = randlora.parts(module, settings).map(({ shape }) => shape);
    const [[rows = 0, count = 0] = [], [, smaller = 0] = []] = shapes;
    return new Map([
      ['lambda', { shape: [rows, count], data: new Float32Array(rows * count) }],
      [
        'gamma',
        { shape: [count, smaller], data: new Float32Array(count * smaller).fill(1 / Math.max(count, smaller)) },
      ],
    ]);
  },
  inputDropout: 'randlora_dropout',
  forward: (x, frozen, adapted, options) => randloraLinear(x, frozen, partsOf(adapted), adapted.scaling, options),
  mergedWeight(weight, adapted, inputsFirst) {
    const { inFeatures, outFeatures } = adapted.module;
    const { a, b } = randloraFactors(partsOf(adapted), [outFeatures, inFeatures]);
    const factors = isTurned([outFeatures, inFeatures]) ? { a: tf.transpose(a), b: tf.transpose(b) } : { a, b };
    return mergedWeight(weight, { ...factors, scaling: adapted.scaling }, inputsFirst);
  },
  ranks: {
    switchable: { part: 'lambda', axis: 0 },
  },
  product: {
    lowRank: (adapted) => randloraProduct(adapted.module, partsOf(adapted), adapted.scaling),
    size: ({ tensors }) => (tensors.get('lambda')?.shape ?? []).reduce((count, size) => count * size, 1),
  },
  memory: ({ rows, inputs, outputs }, settings) => [
    ...(outputs < inputs ? [rows * Math.ceil(outputs / requireRank(settings)) * requireRank(settings)] : []),
  ],
};

function partsOf<T>(adapted: ModuleTensors<T>): { lambda: T; gamma: T; A: T; B: T } {
  return {
    lambda: partOf(adapted, 'lambda'),
    gamma: partOf(adapted, 'gamma'),
    A: partOf(adapted, 'A'),
    B: partOf(adapted, 'B'),
  };
}
