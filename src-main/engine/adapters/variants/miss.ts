import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { shardUpdate } from '../../ops/linear/shard-update.ts';
import { zeros } from '../draws/kaiming.ts';
import { missFormat } from '../peft-format/miss-format.ts';
import { type AdapterVariant, partOf, requireRank } from '../variant/variant.ts';
import { dropoutParameter, rankParameter } from './parameters.ts';

/**
 * MiSS: y = W·x + Dᵀ·S·x, where S sums every r-th entry of x, so that ΔW repeats one shard of r inputs along the inputs; with
 * init_weights "mini" it repeats along the outputs too, after mini_r of them. Kang and Yin 2024. Part: block [r, out] or
 * [r, mini_r], which starts at zero.
 */
export const miss: AdapterVariant = {
  declaration: {
    id: 'miss',
    label: 'MiSS',
    summary:
      'Trains one shard per weight and repeats it along the inputs. One matrix replaces two, and steps are fast.',
    paper: {
      title: 'MiSS: Revisiting the Trade-off in LoRA with an Efficient Shard-Sharing Structure',
      url: 'https://arxiv.org/abs/2409.15371',
    },
    parameters: [
      rankParameter(
        64,
        'Inputs of the shard: the adapter has r · out parameters for each linear layer. At most the number of inputs.',
      ),
      dropoutParameter('miss_dropout'),
      {
        name: 'init_weights',
        label: 'Sharing',
        type: 'choice',
        default: 'default',
        choices: [
          { value: 'default', label: 'Along the inputs' },
          { value: 'mini', label: 'Mini: along inputs and outputs' },
        ],
        help: 'Direction in which the shard is repeated. PEFT names this setting after the initialization.',
      },
      {
        name: 'mini_r',
        label: 'Outputs of the shard',
        type: 'integer',
        default: 1,
        minimum: 1,
        step: 1,
        help: 'Number of outputs after which the shard repeats, for "mini" only. It must divide the number of outputs.',
      },
    ],
  },
  files: missFormat({
    matches: (start) => start !== 'bat',
    fromConfig: (values, start) => ({ ...values, init_weights: start === 'mini' ? 'mini' : 'default' }),
    toConfig: ({ init_weights, miss_dropout, mini_r }) => ({
      init_weights: init_weights === 'mini' ? 'mini' : true,
      miss_dropout,
      mini_r,
    }),
  }),
  strength: (parameters) => ({ rank: numberOf(parameters, 'r'), scaling: 1 }),
  parts({ name, inFeatures, outFeatures }, { rank, parameters }) {
    const r = requireRank({ rank });
    const refuse = (field: string, problem: string, remedy: string): never => {
      throw new StudioError('invalid_input', `${field}: ${problem} of ${name}.`, remedy).at(`adapter.${field}`);
    };
    if (r > inFeatures) refuse('r', `${r} is more than the ${inFeatures} inputs`, `Set r to at most ${inFeatures}.`);
    if (parameters['init_weights'] !== 'mini') return [{ name: 'block', shape: [r, outFeatures], trainable: true }];
    const width = numberOf(parameters, 'mini_r');
    if (outFeatures % width !== 0)
      refuse(
        'mini_r',
        `${width} does not divide the ${outFeatures} outputs`,
        'Choose a divisor of all adapted outputs.',
      );
    return [{ name: 'block', shape: [r, width], trainable: true }];
  },
  initialize: (module, settings) =>
    new Map(miss.parts(module, settings).map(({ name, shape }) => [name, zeros(shape)])),
  inputDropout: 'miss_dropout',
  forward(x, frozen, adapted, { derivative, residual, dropoutMask: mask }) {
    const entered = scaleGradient(x, derivative);
    const shard = { block: partOf(adapted, 'block'), outputs: adapted.module.outFeatures, scaling: adapted.scaling };
    return frozenLinear(entered, frozen, { residual: shardUpdate(entered, shard, { residual, mask }) });
  },
  mergedWeight(weight, adapted, inputsFirst) {
    const { inFeatures, outFeatures } = adapted.module;
    const block = partOf(adapted, 'block');
    const [r = 1, width = 1] = block.shape;
    const repeated = tf.tile(tf.reshape<tf.Rank.R2>(block, [r, width]), [
      Math.ceil(inFeatures / r),
      outFeatures / width,
    ]);
    const delta = tf.mul<tf.Tensor2D>(tf.slice(repeated, [0, 0], [inFeatures, outFeatures]), adapted.scaling);
    return tf.add(weight, inputsFirst ? delta : tf.transpose(delta));
  },
  product: {
    lowRank(adapted) {
      const { inFeatures, outFeatures } = adapted.module;
      const { data, shape } = partOf(adapted, 'block');
      const [r = 1, width = 1] = shape;
      const a = new Float32Array(r * inFeatures);
      for (let input = 0; input < inFeatures; input++) a[(input % r) * inFeatures + input] = 1;
      const b = Float32Array.from({ length: outFeatures * r }, (_, at) => {
        const output = Math.floor(at / r);
        return data[(at % r) * width + (output % width)] ?? 0;
      });
      return {
        a: { shape: [r, inFeatures], data: a },
        b: { shape: [outFeatures, r], data: b },
        scaling: adapted.scaling,
      };
    },
  },
  memory: ({ rows }, { rank }) => [rows * requireRank({ rank })],
};
