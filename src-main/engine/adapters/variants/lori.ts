import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { zeros } from '../draws/kaiming.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import { type AdapterVariant, type ModuleSettings, partOf } from '../variant/variant.ts';
import { lora } from './lora.ts';
import { lowRankParameters } from './parameters.ts';
import { writtenAsStartedLora } from './written-as-lora.ts';

const { residual: _residual, ranks: { factors: _factors, ...ranks } = {}, ...others } = lora;

/**
 * LoRI: LoRA whose A stays as drawn and whose B is trained within a mask: the largest entries, over all modules together, of a B
 * that was trained without one. Zhang et al. 2025, section 3. Parts: a [r, in], b [out, r], with sparsity mask [out, r] of 0 and 1,
 * which training alone has.
 */
export const lori: AdapterVariant = {
  ...others,
  ranks,
  declaration: {
    id: 'lori',
    label: 'LoRI',
    summary: 'LoRA with a frozen random A and a sparse B. Such adapters interfere less with each other.',
    paper: {
      title: 'LoRI: Reducing Cross-Task Interference in Multi-Task Low-Rank Adaptation',
      url: 'https://arxiv.org/abs/2504.07448',
    },
    parameters: [
      ...['r', 'lora_alpha', 'lora_dropout'].flatMap((own) => lowRankParameters.filter(({ name }) => name === own)),
      {
        name: 'sparsity',
        label: 'Sparsity of B',
        type: 'number',
        default: 0,
        minimum: 0,
        maximum: 0.999,
        step: 0.05,
        help: 'Share of B that stays zero. 0 (LoRI-D) trains all of B. Above 0 (LoRI-S, 0.9 in the paper), the largest entries of the LoRI-D adapter in init_adapter make the mask.',
      },
      ...['rank_pattern', 'alpha_pattern'].flatMap((own) => lowRankParameters.filter(({ name }) => name === own)),
    ],
  },
  files: writtenAsStartedLora,
  parts(module, settings) {
    const [a, b] = lora.parts(module, settings);
    if (!a || !b) return [];
    const mask = isSparse(settings) ? [{ ...b, name: 'mask', trainable: false }] : [];
    return [{ ...a, trainable: false }, b, ...mask];
  },
  async initialize(module, settings, source) {
    const tensors = await lora.initialize(module, settings, source);
    const b = tensors.get('b');
    return isSparse(settings) && b ? tensors.set('mask', zeros(b.shape)) : tensors;
  },
  training: {
    trainingOnlyParts: ['mask'],
    check({ isSeeded, optim }, parameters) {
      if (!isSparse({ parameters })) return;
      if (!isSeeded)
        throw new StudioError(
          'invalid_input',
          'sparsity: LoRI-S takes its mask from a trained LoRI-D adapter, and the run starts from none.',
          'Set init_adapter to such an adapter of the same task, or sparsity to 0 to train one.',
        ).at('adapter.sparsity');
      if (optim !== 'adamw')
        throw new StudioError(
          'refused',
          `optim: ${optim} mixes the entries of B, and LoRI-S keeps most of them at zero.`,
          'Set optim to adamw, or sparsity to 0.',
        ).at('optim');
    },
    seeded: (modules, parameters) =>
      isSparse({ parameters }) ? masked(modules, numberOf(parameters, 'sparsity')) : modules,
    begin: (_plan, parameters, modules) => {
      if (!isSparse({ parameters })) return {};
      return {
        completeGradients(gradients, active) {
          for (const adapted of active) {
            const name = adapted.trainedNames.get('b') ?? '';
            const gradient = gradients.get(name);
            if (gradient === undefined) continue;
            gradients.set(name, tf.mul(gradient, partOf(adapted, 'mask')));
            gradient.dispose();
          }
        },
        exported: (state) => ({ ...state, modules: withMasks(state, () => undefined) }),
        async state() {
          const masks = new Map<string, HostTensor>();
          for (const adapted of modules()) {
            const { shape } = partOf(adapted, 'mask');
            const data = Float32Array.from(await partOf(adapted, 'mask').data());
            masks.set(maskName(adapted.module.name), { shape, data });
          }
          return masks;
        },
        restore: (state, tensors) => ({
          ...state,
          modules: withMasks(state, (name) => tensors.get(maskName(name)) ?? missing(name)),
        }),
      };
    },
    notInPython: 'Transformers and PEFT have no LoRI',
  },
};

function isSparse({ parameters }: Pick<ModuleSettings, 'parameters'>): boolean {
  return numberOf(parameters, 'sparsity') > 0;
}

/**
 * Modules with the mask of their B, and B at zero again. The authors' rule: the ⌊(1 − sparsity) · n⌋ largest of all n entries of all B,
 * and those as large as the last of them.
 */
function masked(modules: ReadonlyMap<string, ModuleState>, sparsity: number): Map<string, ModuleState> {
  const all = [...modules.values()].flatMap(({ tensors }) => tensors.get('b') ?? []);
  const sizes = new Float32Array(all.reduce((sum, { data }) => sum + data.length, 0));
  let place = 0;
  for (const { data } of all) for (const value of data) sizes[place++] = Math.abs(value);
  sizes.sort();
  const kept = Math.max(1, Math.floor((1 - sparsity) * sizes.length));
  const threshold = sizes[sizes.length - kept] ?? 0;
  if (threshold === 0)
    throw new StudioError(
      'refused',
      `init_adapter: fewer than ${kept} entries of its B are not zero, so that it makes no mask of this sparsity.`,
      'Choose a trained LoRI-D adapter, or a higher sparsity.',
    ).at('adapter.init_adapter');
  return new Map(
    [...modules].map(([name, module]): [string, ModuleState] => {
      const b = module.tensors.get('b') ?? zeros([]);
      const mask = Float32Array.from(b.data, (value) => Number(Math.abs(value) >= threshold));
      const tensors = new Map(module.tensors).set('b', zeros(b.shape)).set('mask', { shape: b.shape, data: mask });
      return [name, { ...module, tensors }];
    }),
  );
}

/** The modules with other masks; undefined: without. */
function withMasks({ modules }: AdapterState, maskOf: (name: string) => HostTensor | undefined) {
  return new Map(
    [...modules].map(([name, module]): [string, ModuleState] => {
      const { mask: _mask, ...tensors } = Object.fromEntries(module.tensors);
      const mask = maskOf(name);
      return [name, { ...module, tensors: new Map(Object.entries(mask ? { ...tensors, mask } : tensors)) }];
    }),
  );
}

/** In checkpoints. */
function maskName(module: string): string {
  return `${module}.lori_mask`;
}

function missing(module: string): never {
  throw new StudioError(
    'invalid_file',
    `The checkpoint lacks ${maskName(module)}, the places of B that LoRI trains.`,
    'Resume from another checkpoint, or start the run again.',
  );
}
