import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { granularUpdate } from '../../ops/linear/granular-update.ts';
import { loraLinear } from '../../ops/linear/lora-linear.ts';
import { matmul } from '../../ops/linear/matmul.ts';
import { kaimingUniform, zeros } from '../draws/kaiming.ts';
import { granularProduct, granularRank } from '../factors/granular.ts';
import { sharedScaling } from '../factors/shared-scaling.ts';
import type { AdapterVariant, ModuleStrength, TensorPart } from '../variant/variant.ts';
import { alphaParameter, dropoutParameter, rankParameter } from './parameters.ts';

/** PEFT's GraloraConfig, with PEFT's defaults. */
const sizesSchema = z.object({
  r: z.number().int().min(1).default(32),
  hybrid_r: z.number().int().min(0).default(0),
  alpha: z.number().positive().default(64),
  gralora_dropout: z.number().min(0).max(1).default(0),
  gralora_k: z.number().int().min(1).default(2),
});
const configSchema = sizesSchema.refine(({ r, gralora_k }) => r % gralora_k === 0, {
  path: ['r'],
  message: 'must be divisible by gralora_k',
});

const keys: Readonly<Record<string, string>> = {
  block_a: 'gralora_A',
  block_b: 'gralora_B',
  general_a: 'gralora_A_general.weight',
  general_b: 'gralora_B_general.weight',
};

/**
 * GraLoRA: W in k × k blocks, each with a product B·A of rank r / k of its own; scaled by alpha / (r + hybrid_r). Jung et al. 2025. With
 * hybrid_r a LoRA over the whole W besides. Parts: block_a [k, in / k, r], block_b [k, r, out / k], and general_a [hybrid_r, in], general_b
 * [out, hybrid_r].
 */
export const gralora: AdapterVariant = {
  declaration: {
    id: 'gralora',
    label: 'GraLoRA',
    summary:
      'Cuts each weight into k × k blocks with a LoRA of rank r / k each. It has as many values as LoRA and k times the rank.',
    paper: {
      title: 'GraLoRA: Granular Low-Rank Adaptation for Parameter-Efficient Fine-Tuning',
      url: 'https://arxiv.org/abs/2505.20355',
    },
    parameters: [
      rankParameter(
        32,
        'Rank, divided among the blocks of a row: the adapter has r · (in + out) parameters for each linear layer. A multiple of gralora_k.',
      ),
      alphaParameter(64, 'Strength of the adapter: its update is scaled by alpha / (r + hybrid_r).'),
      dropoutParameter('gralora_dropout'),
      {
        name: 'gralora_k',
        label: 'Blocks a side',
        type: 'integer',
        default: 2,
        minimum: 1,
        maximum: 64,
        step: 1,
        help: 'Number k of blocks along each side. It must divide r, and the inputs and outputs of all adapted linears. The paper uses 2 up to rank 32, and 4 from rank 64.',
      },
      {
        name: 'hybrid_r',
        label: 'Rank of LoRA beside',
        type: 'integer',
        default: 0,
        minimum: 0,
        maximum: 1024,
        step: 1,
        help: 'Rank of a LoRA on the whole weight, in addition to the blocks. 0 turns it off.',
        advanced: true,
      },
    ],
  },
  files: {
    type: 'GRALORA',
    ownKeys: [...Object.keys(sizesSchema.shape), 'init_weights'],
    sharedKeys: ['layers_to_transform', 'layers_pattern', 'bias', 'fan_in_fan_out'],
    matches: () => true,
    fromConfig: (config) => configSchema.parse(config),
    toConfig: (parameters, modules) => ({ ...parameters, alpha: alphaOf(parameters, modules), init_weights: true }),
    parts: Object.keys(keys),
    impliedBy: { general_a: 'hybrid_r', general_b: 'hybrid_r' },
    tensorKey: (_, part) => keys[part] ?? part,
  },
  strength: (parameters) => ({
    rank: numberOf(parameters, 'r'),
    scaling: numberOf(parameters, 'alpha') / ranksOf(parameters),
  }),
  parts({ name, inFeatures, outFeatures }, { parameters }) {
    const { r, gralora_k: k, hybrid_r: hybrid } = sizesSchema.parse(parameters);
    const odd = Object.entries({ r, inputs: inFeatures, outputs: outFeatures }).find(([, size]) => size % k !== 0);
    if (odd)
      throw new StudioError(
        'invalid_input',
        `gralora_k: ${k} does not divide the ${odd[1]} ${odd[0] === 'r' ? 'ranks' : odd[0]} of ${name}.`,
        'Choose a divisor of r and of the inputs and outputs of all adapted linears.',
      ).at('adapter.gralora_k');
    const part = (own: string, ...shape: number[]): TensorPart => ({ name: own, shape, trainable: true });
    return [
      part('block_a', k, inFeatures / k, r),
      part('block_b', k, r, outFeatures / k),
      ...(hybrid > 0 ? [part('general_a', hybrid, inFeatures), part('general_b', outFeatures, hybrid)] : []),
    ];
  },
  sizes(shapes) {
    const [a, b] = [shapes.get('block_a'), shapes.get('block_b')];
    if (a?.length !== 3 || b?.length !== 3) return null;
    const [blocks = 0, inputs = 0] = a;
    return { inFeatures: blocks * inputs, outFeatures: blocks * (b[2] ?? 0) };
  },
  initialize: (module, settings, { random }) =>
    new Map(
      gralora
        .parts(module, settings)
        .map(({ name, shape }) => [name, name.endsWith('b') ? zeros(shape) : kaimingUniform(shape, random)]),
    ),
  inputDropout: 'gralora_dropout',
  forward(x, frozen, adapted, { derivative, residual, dropoutMask: mask }) {
    const entered = scaleGradient(x, derivative);
    const { scaling } = adapted;
    const update = granularUpdate(entered, { ...blocksOf(adapted), scaling }, { residual, mask });
    const beside = besideOf(adapted);
    if (beside === null) return frozenLinear(entered, frozen, { residual: update });
    // PEFT drops other entries for the LoRA beside; here both see the same.
    return loraLinear(entered, frozen, { ...beside, scaling }, { residual: update, dropoutMask: mask });
  },
  mergedWeight(weight, adapted, inputsFirst) {
    const { scaling, module } = adapted;
    // The update of every input by itself: ΔWᵀ.
    const blocks = granularUpdate(tf.eye(module.inFeatures), { ...blocksOf(adapted), scaling });
    const beside = besideOf(adapted);
    const delta = beside
      ? matmul(beside.a, beside.b, { transposeA: true, transposeB: true, scale: scaling, addend: blocks })
      : blocks;
    return tf.add(weight, inputsFirst ? delta : tf.transpose(delta));
  },
  product: {
    lowRank: (adapted) => granularProduct(blocksOf(adapted), besideOf(adapted), adapted.scaling),
    size: ({ tensors }) => granularRank(blocksOf({ tensors }), besideOf({ tensors })),
  },
  memory({ rows }, { parameters }) {
    const { r, gralora_k: k, hybrid_r: hybrid } = sizesSchema.parse(parameters);
    return [rows * k * r, ...(hybrid > 0 ? [rows * hybrid] : [])];
  },
};

interface Tensors<T> {
  readonly tensors: ReadonlyMap<string, T>;
}

function blocksOf<T>({ tensors }: Tensors<T>): { a: T; b: T } {
  const [a, b] = [tensors.get('block_a'), tensors.get('block_b')];
  if (a === undefined || b === undefined) throw new Error('a GraLoRA adapter has no blocks');
  return { a, b };
}

function besideOf<T>({ tensors }: Tensors<T>): { a: T; b: T } | null {
  const [a, b] = [tensors.get('general_a'), tensors.get('general_b')];
  return a === undefined || b === undefined ? null : { a, b };
}

/** Returns the divisor of alpha. */
function ranksOf(parameters: ParameterValues): number {
  return numberOf(parameters, 'r') + numberOf(parameters, 'hybrid_r');
}

/** The alpha that gives these modules their scaling. */
function alphaOf(parameters: ParameterValues, modules: ReadonlyMap<string, ModuleStrength>): number {
  const scaling = sharedScaling('GraLoRA', modules);
  if (scaling === undefined) return numberOf(parameters, 'alpha');
  return Number((scaling * ranksOf(parameters)).toPrecision(12));
}
