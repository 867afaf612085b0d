import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { LinearModule } from '../../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameter-values.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import { isTurned, randloraFactors, randloraLinear } from '../../ops/linear/randlora-linear.ts';
import { randomBases } from '../random-bases.ts';
import {
  type AdapterVariant,
  type HostModule,
  type LowRankUpdate,
  type ModuleTensors,
  partOf,
  requireRank,
} from '../variant.ts';
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
      'Adds a sum of random low-rank matrices, each scaled by trained vectors: an update of full rank with few trained values.',
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
        help: 'Rank of each random matrix. The smaller it is, the more of them there are, and the more values are trained.',
      },
      {
        name: 'randlora_alpha',
        label: 'Alpha',
        type: 'number',
        default: 640,
        above: 0,
        step: 1,
        help: 'Strength of the adapter, divided by r; about 20 · r. Large values need small learning rates.',
      },
      dropoutParameter('randlora_dropout'),
      {
        name: 'sparse',
        label: 'Sparse bases',
        type: 'boolean',
        default: false,
        help: 'Bases of −1, 0 and 1, two thirds of them 0. It saves no time or memory.',
        advanced: true,
      },
      {
        name: 'very_sparse',
        label: 'Very sparse bases',
        type: 'boolean',
        default: false,
        help: 'Bases of −1, 0 and 1, of which a share of 1/√s is not 0, s the smaller size of the largest linear. Counts before sparse.',
        advanced: true,
      },
      ...projectionParameters,
    ],
  },
  peft: {
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
      Object.entries(baseShapes(modules, parameters)).map(([name, shape]) => ({ name, shape, trainable: false })),
    initialize: (modules, parameters) => randomBases(baseShapes(modules, parameters), parameters),
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
  dropout: (parameters) => numberOf(parameters, 'randlora_dropout'),
  forward: (x, frozen, adapted, options) => randloraLinear(x, frozen, partsOf(adapted), adapted.scaling, options),
  mergedWeight(weight, adapted, inputsFirst) {
    const { inFeatures, outFeatures } = adapted.module;
    const { a, b } = randloraFactors(partsOf(adapted), [outFeatures, inFeatures]);
    const factors = isTurned([outFeatures, inFeatures]) ? { a: tf.transpose(a), b: tf.transpose(b) } : { a, b };
    return mergedWeight(weight, { ...factors, scaling: adapted.scaling }, inputsFirst);
  },
  rankPart: { part: 'lambda', axis: 0 },
  lowRank: product,
  lowRankSize: ({ tensors }) => (tensors.get('lambda')?.shape ?? []).reduce((count, size) => count * size, 1),
  memory: ({ rows, inputs, outputs }, settings) => [
    ...(outputs < inputs ? [rows * Math.ceil(outputs / requireRank(settings)) * requireRank(settings)] : []),
    ...(numberOf(settings.parameters, 'randlora_dropout') > 0 ? [rows * inputs] : []),
  ],
};

/** A [r, 1, s] and B [l, n, r] for the largest in and out of the modules, s the smaller of the two and l the larger. */
function baseShapes(modules: readonly LinearModule[], parameters: ParameterValues): { A: number[]; B: number[] } {
  const r = numberOf(parameters, 'r');
  const largest = (sizes: readonly number[]) => sizes.reduce((most, size) => Math.max(most, size), 0);
  const sizes = [
    largest(modules.map(({ inFeatures }) => inFeatures)),
    largest(modules.map(({ outFeatures }) => outFeatures)),
  ];
  return { A: [r, 1, Math.min(...sizes)], B: [Math.max(...sizes), Math.ceil(Math.min(...sizes) / r), r] };
}

function partsOf<T>(adapted: ModuleTensors<T>): { lambda: T; gamma: T; A: T; B: T } {
  return {
    lambda: partOf(adapted, 'lambda'),
    gamma: partOf(adapted, 'gamma'),
    A: partOf(adapted, 'A'),
    B: partOf(adapted, 'B'),
  };
}

/** B·A of inner size r · n: no smaller than the weight itself. */
function product(adapted: HostModule): LowRankUpdate {
  const { lambda, gamma, A, B } = partsOf(adapted);
  const { inFeatures, outFeatures } = adapted.module;
  const [rank = 0, count = 0] = lambda.shape;
  const inner = rank * count;
  const [smaller, larger] = [Math.min(inFeatures, outFeatures), Math.max(inFeatures, outFeatures)];
  const [width, copies] = [A.shape[2] ?? 0, B.shape[1] ?? 0];
  const near = (at: number, column: number) =>
    (lambda.data[at] ?? 0) *
    (A.data[Math.floor(at / count) * width + column] ?? 0) *
    (gamma.data[(at % count) * smaller + column] ?? 0);
  const far = (row: number, at: number) => B.data[(row * copies + Math.floor(at / rank)) * rank + (at % rank)] ?? 0;
  const filled = (rows: number, columns: number, value: (row: number, column: number) => number) => ({
    shape: [rows, columns],
    data: Float32Array.from({ length: rows * columns }, (_, place) =>
      value(Math.floor(place / columns), place % columns),
    ),
  });
  const factors = isTurned([outFeatures, inFeatures])
    ? {
        a: filled(inner, larger, (at, row) => far(row, at)),
        b: filled(smaller, inner, (column, at) => near(at, column)),
      }
    : { a: filled(inner, smaller, near), b: filled(larger, inner, far) };
  return { ...factors, scaling: adapted.scaling };
}
