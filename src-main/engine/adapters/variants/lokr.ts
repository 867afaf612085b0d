import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { kroneckerUpdate, placeOfFullFactor } from '../../ops/linear/kronecker-update.ts';
import { matrixProduct } from '../../ops/linear/matrix-product.ts';
import { kaimingUniform, zeros } from '../draws/kaiming.ts';
import { factorize, type KroneckerFactor, kroneckerProduct, kroneckerRank } from '../factors/kronecker.ts';
import { type AdapterVariant, type ModuleSettings, requireRank } from '../variant/variant.ts';
import { lycorisDropout, lycorisFormat, lycorisParameters, lycorisStrength } from './lycoris.ts';

/** PEFT's LoKrConfig beside what LyCORIS's types share. */
const configSchema = z.object({
  decompose_both: z.boolean().default(false),
  decompose_factor: z.number().int().min(-1).default(-1),
  rank_dropout_scale: z.boolean().default(false),
});
const startSchema = z.union([z.boolean(), z.literal('lycoris')]).default(true);

/**
 * LoKr: y = W·x + (alpha / r) · (W₁ ⊗ W₂)·x, a Kronecker product whose factors are products of rank r where that is smaller; in
 * LyCORIS's form (Yeh et al. 2023, section 4.2). Parts: w1 [l, m] or w1_a [l, r] and w1_b [r, m], w2 [k, n] or w2_a [k, r] and
 * w2_b [r, n], with out = l·k and in = m·n.
 */
export const lokr: AdapterVariant = {
  declaration: {
    id: 'lokr',
    label: 'LoKr',
    summary: 'Adds a Kronecker product of two small matrices, the larger of low rank. The update has a high rank.',
    paper: {
      title: 'Navigating Text-To-Image Customization: From LyCORIS Fine-Tuning to Model Evaluation',
      url: 'https://arxiv.org/abs/2309.14859',
    },
    parameters: [
      ...lycorisParameters('Rank of the larger factor, of up to half its size; from there on it is a full matrix.'),
      {
        name: 'decompose_both',
        label: 'Decompose both factors',
        type: 'boolean',
        default: false,
        help: 'Also makes the smaller factor a product of rank r, if this needs fewer values.',
        advanced: true,
      },
      {
        name: 'decompose_factor',
        label: 'Size of the smaller factor',
        type: 'integer',
        default: -1,
        minimum: -1,
        help: "Rows and columns of the smaller factor, rounded down to divisors of the linear's sizes. -1 uses about their square roots.",
        advanced: true,
      },
      {
        name: 'rank_dropout_scale',
        label: 'Scale dropout of outputs',
        type: 'boolean',
        default: false,
        help: 'Scales up the outputs that rank_dropout keeps, so that their mean is unchanged.',
        advanced: true,
      },
      {
        name: 'init_weights',
        label: 'Initialization',
        type: 'choice',
        default: 'default',
        choices: [
          { value: 'default', label: "PEFT's: the smaller factor starts at zero" },
          { value: 'lycoris', label: "LyCORIS's: the larger factor starts at zero" },
        ],
        help: 'The factor that starts at zero. Training begins from the unchanged base either way.',
        advanced: true,
      },
    ],
  },
  files: lycorisFormat({
    type: 'LOKR',
    prefix: 'lokr',
    parts: ['w1', 'w1_a', 'w1_b', 'w2', 'w2_a', 'w2_b'],
    keys: [...Object.keys(configSchema.shape), 'init_weights'],
    fromConfig: (config) => ({
      ...configSchema.parse(config),
      init_weights: startSchema.parse(config['init_weights']) === 'lycoris' ? 'lycoris' : 'default',
    }),
    toConfig: ({ init_weights, ...parameters }) => ({
      ...configSchema.parse(parameters),
      init_weights: init_weights === 'lycoris' ? 'lycoris' : true,
    }),
  }),
  strength: lycorisStrength,
  parts({ inFeatures, outFeatures }, settings) {
    const { l, m, k, n, rank, splits1, splits2 } = sizesOf(inFeatures, outFeatures, settings);
    const factor = (name: string, rows: number, columns: number, splits: boolean) =>
      splits
        ? [
            { name: `${name}_a`, shape: [rows, rank], trainable: true },
            { name: `${name}_b`, shape: [rank, columns], trainable: true },
          ]
        : [{ name, shape: [rows, columns], trainable: true }];
    return [...factor('w1', l, m, splits1), ...factor('w2', k, n, splits2)];
  },
  sizes(shapes) {
    const side = (name: string, axis: 0 | 1) => (shapes.get(name) ?? shapes.get(`${name}_${'ab'[axis]}`))?.[axis] ?? 0;
    const [outFeatures, inFeatures] = [side('w1', 0) * side('w2', 0), side('w1', 1) * side('w2', 1)];
    return outFeatures * inFeatures === 0 ? null : { inFeatures, outFeatures };
  },
  initialize(module, settings, { random }) {
    const atZero = settings.parameters['init_weights'] === 'lycoris' ? ['w2', 'w2_b'] : ['w1', 'w1_a'];
    const start = (name: string, shape: readonly number[]) =>
      atZero.includes(name) ? zeros(shape) : kaimingUniform(shape, random);
    return new Map(lokr.parts(module, settings).map(({ name, shape }) => [name, start(name, shape)]));
  },
  inputDropout: null,
  updateDropout: (parameters) => lycorisDropout(parameters, parameters['rank_dropout_scale'] === true),
  forward(x, frozen, { tensors, scaling }, { derivative, residual, outputMask }) {
    const entered = scaleGradient(x, derivative);
    const factors = { w1: whole(factorOf(tensors, 'w1')), ...placed(tensors), scaling };
    if (!outputMask)
      return frozenLinear(entered, frozen, { residual: kroneckerUpdate(entered, factors, { residual }) });
    const update = tf.mul<tf.Tensor2D>(kroneckerUpdate(entered, factors), outputMask);
    return frozenLinear(entered, frozen, { residual: residual ? tf.add(update, residual) : update });
  },
  mergedWeight(weight, { tensors, scaling, module }, inputsFirst) {
    const [w1, w2] = [whole(factorOf(tensors, 'w1')), whole(factorOf(tensors, 'w2'))];
    const [[l = 0, m = 0], [k = 0, n = 0]] = [w1.shape, w2.shape];
    const product = tf.mul(tf.mul(tf.reshape(w1, [l, 1, m, 1]), tf.reshape(w2, [1, k, 1, n])), scaling);
    const delta = tf.reshape<tf.Rank.R2>(product, [module.outFeatures, module.inFeatures]);
    return tf.add(weight, inputsFirst ? tf.transpose(delta) : delta);
  },
  product: {
    lowRank: ({ tensors, scaling }) => kroneckerProduct(factorOf(tensors, 'w1'), factorOf(tensors, 'w2'), scaling),
    size: ({ tensors }) => kroneckerRank(factorOf(tensors, 'w1'), factorOf(tensors, 'w2')),
  },
  memory({ rows, inputs, outputs }, settings) {
    const { l, m, k, n, rank, splits2 } = sizesOf(inputs, outputs, settings);
    const inner = splits2 ? rank : placeOfFullFactor([l, m], [k, n]) === 'right' ? k : n;
    const dropped = numberOf(settings.parameters, 'rank_dropout') > 0 ? [rows * outputs] : [];
    return [rows * inner * m, ...dropped];
  },
};

/** Sizes of W₁ [l, m] and W₂ [k, n], and whether each is a product of rank r, by PEFT's rule. */
function sizesOf(inputs: number, outputs: number, settings: ModuleSettings) {
  const { decompose_both, decompose_factor } = configSchema.parse(settings.parameters);
  const rank = requireRank(settings);
  const [m, n] = factorize(inputs, decompose_factor);
  const [l, k] = factorize(outputs, decompose_factor);
  const splits1 = decompose_both && rank < Math.max(l, m) / 2;
  return { l, m, k, n, rank, splits1, splits2: rank < Math.max(k, n) / 2 };
}

function factorOf<T>(tensors: ReadonlyMap<string, T>, name: 'w1' | 'w2'): KroneckerFactor<T> {
  const [full, a, b] = [tensors.get(name), tensors.get(`${name}_a`), tensors.get(`${name}_b`)];
  if (full !== undefined) return [full];
  if (a === undefined || b === undefined) throw new Error(`an adapter has no tensor ${name}`);
  return [a, b];
}

function whole([first, second]: KroneckerFactor<tf.Tensor>): tf.Tensor {
  return second ? matrixProduct(first, second) : first;
}

/** W₂ as the operation takes it: by both of its factors, or whole on the cheaper side. */
function placed(tensors: ReadonlyMap<string, tf.Tensor>): { left?: tf.Tensor; right?: tf.Tensor } {
  const [[first, second], outer] = [factorOf(tensors, 'w2'), factorOf(tensors, 'w1')];
  if (second) return { left: first, right: second };
  const [l = 0] = outer[0].shape;
  const m = outer.at(-1)?.shape[1] ?? 0;
  const [k = 0, n = 0] = first.shape;
  return placeOfFullFactor([l, m], [k, n]) === 'right' ? { right: first } : { left: first };
}
