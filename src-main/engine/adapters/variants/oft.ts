import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { bounded, cayley } from '../../ops/linear/cayley.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { rotateBlocks, rotatedWeight } from '../../ops/linear/rotate-blocks.ts';
import { oftBlocks } from '../factors/oft-blocks.ts';
import { type AdapterVariant, type ModuleTensors, partOf } from '../variant/variant.ts';
import { oftParameters } from './oft-parameters.ts';

/** PEFT's OFTConfig, with PEFT's defaults. */
const configSchema = z.object({
  r: z.number().int().min(0).default(0),
  oft_block_size: z.number().int().min(0).default(32),
  module_dropout: z.number().min(0).max(1).default(0),
  coft: z.boolean().default(false),
  eps: z.number().positive().default(6e-5),
  block_share: z.boolean().default(false),
  use_cayley_neumann: z.boolean().default(true),
  num_cayley_neumann_terms: z.number().int().min(1).default(5),
});

/**
 * OFT: y = W·(Rᵀ·x) + b, R a block-diagonal rotation of the inputs, each block the Cayley transform of a trained skew-symmetric
 * matrix. Qiu et al. 2023 and 2025. Part: weight [blocks, size · (size − 1) / 2], the upper triangles; one row if blocks share it.
 */
export const oft: AdapterVariant = {
  declaration: {
    id: 'oft',
    label: 'OFT',
    summary: 'Rotates the inputs of each target linear, block by block. The angles between its weights are unchanged.',
    paper: {
      title: 'Controlling Text-to-Image Diffusion by Orthogonal Finetuning',
      url: 'https://arxiv.org/abs/2306.07280',
    },
    parameters: oftParameters,
  },
  files: {
    type: 'OFT',
    ownKeys: [...Object.keys(configSchema.shape), 'init_weights'],
    sharedKeys: ['exclude_modules', 'layers_to_transform', 'layers_pattern', 'bias', 'fan_in_fan_out'],
    matches: () => true,
    refuse: refuseOld,
    fromConfig: (config) => configSchema.parse(config),
    toConfig: (parameters) => ({ ...parameters, init_weights: true }),
    parts: ['weight'],
    tensorKey: () => 'oft_R.weight',
    refusesConv1d: true,
  },
  strength: () => ({ rank: null, scaling: 1 }),
  parts(module, { parameters }) {
    const { size, count } = oftBlocks(module.inFeatures, parameters);
    const rows = parameters['block_share'] === true ? 1 : count;
    return [{ name: 'weight', shape: [rows, (size * (size - 1)) / 2], trainable: true }];
  },
  initialize(module, settings) {
    const [{ shape = [] } = {}] = oft.parts(module, settings);
    const [rows = 0, columns = 0] = shape;
    return new Map([['weight', { shape, data: new Float32Array(rows * columns) }]]);
  },
  inputDropout: null,
  updateDropout(parameters, module) {
    const { count } = oftBlocks(module.inFeatures, parameters);
    const isShared = parameters['block_share'] === true || count === 1;
    return { outputs: isShared ? 0 : numberOf(parameters, 'module_dropout'), rescaled: false, module: 0, count };
  },
  forward(x, frozen, adapted, { derivative, residual, outputMask: mask }) {
    return frozenLinear(rotateBlocks(x, rotationOf(adapted), { mask, derivative }), frozen, { residual });
  },
  mergedWeight: (weight, adapted, inputsFirst) => rotatedWeight(weight, rotationOf(adapted), inputsFirst),
  product: {
    lowRank: null,
    reason: 'it turns the inputs of the base and adds nothing to its weights',
  },
  training: {
    begin: (_, parameters) => ({
      afterStep(_update, active) {
        if (parameters['coft'] !== true) return;
        for (const adapted of active) {
          const variable = partOf(adapted, 'weight');
          tf.tidy(() => variable.assign(bounded(variable, boundOf(parameters, variable))));
        }
      },
    }),
  },
  memory({ inputs }, { parameters }) {
    const { size, count } = oftBlocks(inputs, parameters);
    return [(parameters['block_share'] === true ? 1 : count) * size * size];
  },
};

function rotationOf(adapted: ModuleTensors<tf.Tensor>): tf.Tensor {
  const { module, parameters } = adapted;
  const weight = partOf(adapted, 'weight');
  const terms = parameters['use_cayley_neumann'] === true ? numberOf(parameters, 'num_cayley_neumann_terms') : 0;
  return cayley(weight, {
    size: oftBlocks(module.inFeatures, parameters).size,
    terms,
    bound: boundOf(parameters, weight),
  });
}

/** Largest norm of a block; 0: no limit. */
function boundOf(parameters: ParameterValues, weight: tf.Tensor): number {
  return parameters['coft'] === true ? numberOf(parameters, 'eps') / Math.sqrt(weight.shape[0] ?? 1) : 0;
}

/** @throws StudioError refused, as PEFT refuses it. */
function refuseOld(config: AdapterConfig, where: string): void {
  if (config['oft_block_size'] !== undefined) return;
  throw new StudioError(
    'refused',
    `${where} is of PEFT 0.13 or older: its OFT is another method, and oft_block_size is missing.`,
    'Train the adapter again.',
  );
}
