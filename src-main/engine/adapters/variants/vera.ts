import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { TorchGenerator } from '../draws/torch-generator.ts';
import { type AdapterVariant, type ModuleTensors, partOf, requireRank } from '../variant/variant.ts';
import { dropoutParameter, projectionParameters } from './parameters.ts';

/** PEFT's VeraConfig, with PEFT's defaults. */
const configSchema = z.object({
  r: z.number().int().min(1).default(256),
  projection_prng_key: z.number().int().default(0),
  d_initial: z.number().default(0.1),
  vera_dropout: z.number().min(0).max(1).default(0),
  save_projection: z.boolean().default(true),
});

/**
 * VeRA: y = W·x + λ_b ∘ B·(λ_d ∘ A·x). A [r, in] and B [out, r] are random, frozen and shared: one pair as large as the largest
 * module, of which each takes its first rows and columns. Trained are λ_b [out] and λ_d [r]. Kopiczko et al. 2024.
 */
export const vera: AdapterVariant = {
  declaration: {
    id: 'vera',
    label: 'VeRA',
    summary:
      'Scales two random projections, which all linears share, by two trained vectors per linear. Even a high rank trains few values.',
    paper: { title: 'VeRA: Vector-based Random Matrix Adaptation', url: 'https://arxiv.org/abs/2310.11454' },
    parameters: [
      {
        name: 'r',
        label: 'Rank',
        type: 'integer',
        default: 256,
        minimum: 1,
        maximum: 4096,
        step: 1,
        help: 'Inner size of the shared projections. Each linear trains r + out values.',
      },
      {
        name: 'd_initial',
        label: 'Start of λ_d',
        type: 'number',
        default: 0.1,
        help: 'Initial value of λ_d. λ_b starts at zero, so training begins from the unchanged base.',
      },
      dropoutParameter('vera_dropout'),
      ...projectionParameters,
    ],
  },
  files: {
    type: 'VERA',
    ownKeys: [...Object.keys(configSchema.shape), 'init_weights'],
    sharedKeys: ['layers_to_transform', 'layers_pattern', 'bias', 'fan_in_fan_out'],
    matches: () => true,
    fromConfig: (config) => configSchema.parse(config),
    toConfig: (parameters) => ({ ...parameters, init_weights: true }),
    parts: ['lambda_b', 'lambda_d'],
    tensorKey: (_, part) => `vera_${part}`,
    sharedParts: ['A', 'B'],
    sharedTensorKey: (part) => `vera_${part}`,
  },
  strength: (parameters) => ({ rank: numberOf(parameters, 'r'), scaling: 1 }),
  parts: ({ outFeatures }, settings) => [
    { name: 'lambda_b', shape: [outFeatures], trainable: true },
    { name: 'lambda_d', shape: [requireRank(settings)], trainable: true },
  ],
  shared: {
    savedBy: 'save_projection',
    parts: (modules, parameters) =>
      Object.entries(projectionShapes(modules, parameters)).map(([name, shape]) => ({ name, shape, trainable: false })),
    initialize(modules, parameters) {
      const random = new TorchGenerator(numberOf(parameters, 'projection_prng_key'));
      const shapes = Object.entries(projectionShapes(modules, parameters));
      return new Map(shapes.map(([name, shape]) => [name, kaimingUniform(shape, random)]));
    },
  },
  initialize: ({ outFeatures }, settings) =>
    new Map([
      ['lambda_b', { shape: [outFeatures], data: new Float32Array(outFeatures) }],
      ['lambda_d', constant(requireRank(settings), numberOf(settings.parameters, 'd_initial'))],
    ]),
  inputDropout: 'vera_dropout',
  forward(x, frozen, adapted, { derivative, residual, dropoutMask }) {
    const entered = scaleGradient(x, derivative);
    const y = frozenLinear(entered, frozen, { residual });
    const { a, b } = projections(adapted);
    const dropped = dropoutMask ? tf.mul(entered, dropoutMask) : entered;
    const inner = tf.mul(tf.matMul(dropped, tf.transpose(a)), partOf(adapted, 'lambda_d'));
    const update = tf.mul(tf.matMul(inner, tf.transpose(b)), partOf(adapted, 'lambda_b'));
    return tf.add(y, adapted.scaling === 1 ? update : tf.mul(update, adapted.scaling));
  },
  mergedWeight(weight, adapted, inputsFirst) {
    const { a, b } = projections(adapted);
    const factors = {
      a: tf.mul(a, tf.expandDims(partOf(adapted, 'lambda_d'), 1)),
      b: tf.mul(b, tf.expandDims(partOf(adapted, 'lambda_b'), 1)),
    };
    return mergedWeight(weight, { ...factors, scaling: adapted.scaling }, inputsFirst);
  },
  product: {
    lowRank: (adapted) => ({
      a: scaledRows(partOf(adapted, 'A'), partOf(adapted, 'lambda_d'), adapted.module.inFeatures),
      b: scaledRows(partOf(adapted, 'B'), partOf(adapted, 'lambda_b'), requireRank(adapted)),
      scaling: adapted.scaling,
    }),
  },
  memory: ({ rows, inputs, outputs }, settings) => [
    ...[rows * requireRank(settings), rows * requireRank(settings), rows * outputs],
    ...(numberOf(settings.parameters, 'vera_dropout') > 0 ? [rows * inputs] : []),
  ],
};

function projectionShapes(modules: readonly LinearModule[], parameters: ParameterValues) {
  const r = numberOf(parameters, 'r');
  const largest = (sizes: readonly number[]) => sizes.reduce((most, size) => Math.max(most, size), 0);
  return {
    A: [r, largest(modules.map((module) => module.inFeatures))],
    B: [largest(modules.map((module) => module.outFeatures)), r],
  };
}

/** The module's part of the shared projections: A [r, in], B [out, r]. */
function projections(adapted: ModuleTensors<tf.Tensor>): { a: tf.Tensor2D; b: tf.Tensor2D } {
  const { inFeatures, outFeatures } = adapted.module;
  const rank = requireRank(adapted);
  return {
    a: tf.slice2d(tf.reshape(partOf(adapted, 'A'), [rank, -1]), [0, 0], [rank, inFeatures]),
    b: tf.slice2d(tf.reshape(partOf(adapted, 'B'), [-1, rank]), [0, 0], [outFeatures, rank]),
  };
}

/** The first rows and columns of a matrix, each row times an entry of `scale`. */
function scaledRows({ shape, data }: HostTensor, scale: HostTensor, columns: number): HostTensor {
  const rows = scale.data.length;
  const width = shape[1] ?? 0;
  const scaled = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      scaled[row * columns + column] = (scale.data[row] ?? 0) * (data[row * width + column] ?? 0);
  return { shape: [rows, columns], data: scaled };
}

function constant(length: number, value: number): HostTensor {
  return { shape: [length], data: new Float32Array(length).fill(value) };
}

/** PEFT's start of a projection: torch's kaiming_uniform_ over the columns, within ±√2·√3/√columns. */
function kaimingUniform(shape: readonly number[], random: TorchGenerator): HostTensor {
  const [rows = 0, columns = 0] = shape;
  const bound = Math.sqrt(3) * (Math.SQRT2 / Math.sqrt(columns));
  return { shape, data: Float32Array.from({ length: rows * columns }, () => random.float32(-bound, bound)) };
}
