import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { sparseLinear, sparseMergedWeight } from '../../ops/linear/sparse-linear.ts';
import { TorchGenerator } from '../draws/torch-generator.ts';
import {
  type AdapterVariant,
  type ModuleSettings,
  type ModuleTensors,
  partOf,
  requireRank,
} from '../variant/variant.ts';
import { rankParameter } from './parameters.ts';

/** PEFT's ShiraConfig, with PEFT's defaults. The places are read from the file, however they were chosen. */
const configSchema = z.object({
  r: z.number().int().min(1).default(32),
  mask_type: z.string().default('random'),
  random_seed: z.number().int().nullable().default(null),
});

/**
 * SHiRA: y = (W + S)·x + b, S sparse with r · (in + out) trained entries, as many as LoRA of rank r has. Bhardwaj et al. 2024.
 * Parts: weight [n], the entries, and indices [2, n] int32, their rows and columns.
 */
export const shira: AdapterVariant = {
  declaration: {
    id: 'shira',
    label: 'SHiRA',
    summary:
      "Trains a few random entries of each target linear's weight: as many values as LoRA, but an update of any rank.",
    paper: { title: 'Sparse High Rank Adapters', url: 'https://arxiv.org/abs/2406.13175' },
    parameters: [
      rankParameter(
        32,
        'Each linear trains r · (in + out) entries, as LoRA of this rank does. It does not limit the rank of the update. On a quantized base every product decodes the whole weight: LoRA needs less memory there.',
        'Rank of equal size',
      ),
      {
        name: 'mask_type',
        label: 'Choice of the entries',
        type: 'choice',
        default: 'random',
        choices: [{ value: 'random', label: 'Random' }],
        help: 'Choice of the trained entries. Adapters with entries chosen in another way can be read, merged and written.',
        advanced: true,
      },
      {
        name: 'random_seed',
        label: 'Seed of the entries',
        type: 'integer',
        default: null,
        nullable: true,
        minimum: 0,
        empty: "that of torch's new generator",
        help: "Seed of torch's generator that draws the entries, as in PEFT.",
        advanced: true,
      },
    ],
  },
  files: {
    type: 'SHIRA',
    ownKeys: [...Object.keys(configSchema.shape), 'init_weights'],
    sharedKeys: ['fan_in_fan_out'],
    matches: () => true,
    fromConfig: (config) => configSchema.parse(config),
    toConfig: (parameters) => ({ ...parameters, init_weights: true }),
    parts: ['indices', 'weight'],
    tensorKey: (_, part) => `shira_${part}`,
    refusesConv1d: true,
  },
  strength: (parameters) => ({ rank: numberOf(parameters, 'r'), scaling: 1 }),
  parts(module, settings) {
    const count = entryCount(module, settings);
    return [
      { name: 'indices', shape: [2, count], trainable: false },
      { name: 'weight', shape: [count], trainable: true },
    ];
  },
  initialize(module, settings) {
    const { inFeatures, outFeatures } = module;
    const count = entryCount(module, settings);
    const { random_seed: seed } = settings.parameters;
    const random = new TorchGenerator(typeof seed === 'number' ? seed : undefined);
    const places = random.permutation(inFeatures * outFeatures, count).sort((one, other) => one - other);
    const indices = new Int32Array(2 * count);
    for (const [at, place] of places.entries()) {
      indices[at] = Math.floor(place / inFeatures);
      indices[count + at] = place % inFeatures;
    }
    return new Map([
      ['indices', { shape: [2, count], data: indices }],
      ['weight', { shape: [count], data: new Float32Array(count) }],
    ]);
  },
  checkTensors({ name, inFeatures, outFeatures }, tensors) {
    const data = tensors.get('indices')?.data ?? [];
    const isInside = (index: number, at: number) =>
      Number.isInteger(index) && index >= 0 && index < (2 * at < data.length ? outFeatures : inFeatures);
    if (Array.prototype.every.call(data, isInside)) return;
    throw new StudioError(
      'refused',
      `The adapter does not fit the base: ${name}.shira_indices contains a place outside the weight [${outFeatures}, ${inFeatures}].`,
      'Was the adapter made for another base model?',
    );
  },
  inputDropout: null,
  forward: (x, frozen, adapted, options) =>
    sparseLinear(x, frozen, entriesOf(adapted), { derivative: options.derivative, residual: options.residual }),
  mergedWeight: (weight, adapted, inputsFirst) => sparseMergedWeight(weight, entriesOf(adapted), inputsFirst),
  product: {
    lowRank: null,
    reason: 'its update is a sparse matrix, which has no thin factors',
  },
  weights: {
    replacesWeight: () => true,
    // Decoded, S, W + S, and that packed for its product.
    materializedWeights: 4,
  },
  memory: () => [],
};

/** @throws StudioError invalid_input where the weight has fewer entries, as PEFT refuses it. */
function entryCount({ name, inFeatures, outFeatures }: LinearModule, settings: ModuleSettings): number {
  const rank = requireRank(settings);
  const count = rank * (inFeatures + outFeatures);
  const size = inFeatures * outFeatures;
  if (count <= size) return count;
  throw new StudioError(
    'invalid_input',
    `r: ${rank} · (in + out) is ${count} entries, more than the ${size} of the weight of ${name}.`,
    `Set r to at most ${Math.floor(size / (inFeatures + outFeatures))}, or leave the module out of target_modules.`,
  ).at('adapter.r');
}

function entriesOf<T>(adapted: ModuleTensors<T>): { values: T; indices: T } {
  return { values: partOf(adapted, 'weight'), indices: partOf(adapted, 'indices') };
}
