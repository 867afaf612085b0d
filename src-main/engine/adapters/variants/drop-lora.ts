import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { frozenLinear, trainedLinear } from '../../ops/index.ts';
import { hardMask, inverseShareOf } from '../../ops/linear/hard-mask.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { zeros } from '../draws/kaiming.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import { type AdapterVariant, type HostModule, type ModuleTensors, partOf, requireRank } from '../variant/variant.ts';
import { factorsOf, lora } from './lora.ts';
import { dropoutParameter, lowRankParameters } from './parameters.ts';
import { writtenAsStartedLora } from './written-as-lora.ts';

const { residual: _residual, ...others } = lora;

/**
 * DropLoRA: LoRA with inverted dropout between A and B, by row, rank and module; or with a learned mask over the ranks of each
 * module, rescaled by the share that is on (TayeeChang/DropLoRA, peft/tuners/droplora/layer.py). Parts: a [r, in], b [out, r],
 * with a learned mask logits [r], which training alone has: outside it the ranks that are off are zero in B.
 */
export const dropLora: AdapterVariant = {
  ...others,
  declaration: {
    id: 'drop-lora',
    label: 'DropLoRA',
    summary: 'LoRA that drops entries between A and B in training, so that it learns in changing subspaces.',
    paper: {
      title: 'DropLoRA: Sparse Low-Rank Adaptation for Parameter-Efficient Fine-Tuning',
      url: 'https://arxiv.org/abs/2508.17337',
    },
    parameters: [
      ...named('r', 'lora_alpha', 'lora_dropout'),
      dropoutParameter('inner_dropout', {
        label: 'Dropout between A and B',
        default: 0.5,
        help: 'Probability that an entry of A·x is zeroed in training, by row, rank and module. Without effect on a learned mask.',
      }),
      {
        name: 'dynamic_pruning',
        label: 'Learned mask',
        type: 'boolean',
        default: false,
        help: 'Trains one mask over the ranks of each module instead of drawing entries. Ranks whose logit falls below 0 are off.',
      },
      ...named('rank_pattern', 'alpha_pattern'),
    ],
  },
  files: writtenAsStartedLora,
  parts: (module, settings) => [
    ...lora.parts(module, settings),
    ...(isLearned(settings.parameters) && module.kind === 'linear'
      ? [{ name: 'logits', shape: [requireRank(settings)], trainable: true }]
      : []),
  ],
  async initialize(module, settings, source) {
    const tensors = await lora.initialize(module, settings, source);
    if (!isLearned(settings.parameters) || module.kind !== 'linear') return tensors;
    return tensors.set('logits', zeros([requireRank(settings)]));
  },
  updateDropout: (parameters) => ({
    ...{ outputs: 0, rescaled: false, module: 0 },
    ranks: isLearned(parameters) ? 0 : numberOf(parameters, 'inner_dropout'),
  }),
  forward(x, frozen, adapted, { derivative, residual, dropoutMask, rankMask, isTraining = false }) {
    const { a, b, scaling } = matricesOf(adapted);
    const logits = adapted.tensors.get('logits');
    if (!rankMask && logits === undefined)
      return lora.forward(x, frozen, adapted, { derivative, residual, dropoutMask });
    const entered = scaleGradient(x, derivative);
    const z = trainedLinear(dropoutMask ? tf.mul(entered, dropoutMask) : entered, a, null);
    const mask = rankMask ?? hardMask(logits ?? a);
    const scale = rankMask || !isTraining ? scaling : tf.mul(inverseShareOf(mask), scaling);
    const kept = tf.mul<tf.Tensor2D>(tf.mul(z, mask), scale);
    return frozenLinear(entered, frozen, { residual: trainedLinear(kept, b, null, { residual }) });
  },
  loraFactors: () => null,
  mergedWeight: (weight, adapted, inputsFirst) =>
    tf.tidy(() =>
      lora.mergedWeight(
        weight,
        withMaskedB(adapted, (b, logits) => tf.mul(b, hardMask(logits))),
        inputsFirst,
      ),
    ),
  product: { lowRank: (adapted) => factorsOf(maskedModule(adapted)) },
  training: {
    trainingOnlyParts: ['logits'],
    begin: (_plan, parameters, modules) => {
      if (!isLearned(parameters)) return {};
      return {
        exported: (state) => ({ ...state, modules: mapModules(state, (_, module) => withoutLogits(module)) }),
        async state() {
          const kept = new Map<string, HostTensor>();
          for (const { module, tensors } of modules())
            for (const part of tensors.has('logits') ? ['logits', 'b'] : []) {
              const tensor = tensors.get(part);
              if (tensor === undefined) continue;
              kept.set(stateName(module.name, part), {
                shape: tensor.shape,
                data: Float32Array.from(await tensor.data()),
              });
            }
          return kept;
        },
        restore: (state, tensors) => ({
          ...state,
          modules: mapModules(state, (name, module) => {
            const [logits, b] = ['logits', 'b'].map((part) => tensors.get(stateName(name, part)));
            if (logits === undefined || b === undefined) return module.tensors.has('a') ? missing(name) : module;
            return { ...module, tensors: new Map(module.tensors).set('b', b).set('logits', logits) };
          }),
        }),
      };
    },
    notInPython: 'PEFT has no dropout between A and B',
  },
  memory: ({ rows }, settings) => [2 * rows * requireRank(settings), rows * requireRank(settings)],
};

function named(...names: readonly string[]) {
  return names.flatMap((own) => lowRankParameters.filter(({ name }) => name === own));
}

function isLearned(parameters: ParameterValues): boolean {
  return parameters['dynamic_pruning'] === true;
}

function matricesOf(adapted: ModuleTensors<tf.Tensor>): { a: tf.Tensor2D; b: tf.Tensor2D; scaling: number } {
  return { a: as2D(partOf(adapted, 'a')), b: as2D(partOf(adapted, 'b')), scaling: adapted.scaling };
}

/** The module with the ranks in B that its mask leaves on; itself without a learned mask. */
function withMaskedB<T>(adapted: ModuleTensors<T>, mask: (b: T, logits: T) => T): ModuleTensors<T> {
  const logits = adapted.tensors.get('logits');
  if (logits === undefined) return adapted;
  return { ...adapted, tensors: new Map(adapted.tensors).set('b', mask(partOf(adapted, 'b'), logits)) };
}

const maskedModule = (adapted: HostModule): HostModule => withMaskedB(adapted, maskedColumns);

function maskedColumns({ shape, data }: HostTensor, logits: HostTensor): HostTensor {
  const rank = shape[1] ?? 1;
  return { shape, data: Float32Array.from(data, (value, at) => ((logits.data[at % rank] ?? 0) >= 0 ? value : 0)) };
}

/** The module as its folder holds it. */
function withoutLogits(module: ModuleState): ModuleState {
  const tensors = new Map(module.tensors);
  const [logits, b] = [tensors.get('logits'), tensors.get('b')];
  tensors.delete('logits');
  if (logits !== undefined && b !== undefined) tensors.set('b', maskedColumns(b, logits));
  return { ...module, tensors };
}

function mapModules({ modules }: AdapterState, change: (name: string, module: ModuleState) => ModuleState) {
  return new Map([...modules].map(([name, module]) => [name, change(name, module)] as const));
}

/** Name of a tensor in checkpoints. */
function stateName(module: string, part: string): string {
  return `${module}.droplora_${part}`;
}

function missing(module: string): never {
  throw new StudioError(
    'invalid_file',
    `The checkpoint lacks ${stateName(module, 'logits')}, the learned mask of DropLoRA.`,
    'Resume from another checkpoint, or start the run again.',
  );
}
