import { z } from 'zod';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { deloraFactors, deloraLinear, smallestNorm } from '../../ops/linear/delora-linear.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { transposed } from '../../tensors/transpose.ts';
import { initializeFactors } from '../draws/initialize.ts';
import { rowNorms } from '../factors/magnitude.ts';
import { patternOf } from '../peft-format/patterns.ts';
import { matchingKeys, rankKeys } from '../peft-format/strength-keys.ts';
import { type AdapterVariant, type ModuleTensors, partOf, requireRank } from '../variant/variant.ts';
import { dropoutParameter, rankParameter, rankPatternParameter } from './parameters.ts';

/** PEFT's DeloraConfig, with PEFT's defaults. */
const configSchema = z.object({
  r: z.number().int().min(1).default(8),
  delora_lambda: z.number().default(15),
  module_dropout: z.number().min(0).max(1).default(0),
  rank_pattern: z.record(z.string(), z.number().int().min(1)).default({}),
  lambda_pattern: z.record(z.string(), z.number()).default({}),
});

/**
 * DeLoRA: y = W·x + λ/r · Σᵢ Bᵢ·Aᵢ·(n ∘ x) / (‖Bᵢ‖·‖Aᵢ‖) + b, n the norms of W's columns: λ bounds the update, A and B turn it.
 * Bini et al. 2025. Parts: a [r, in], b [out, r], lambda [1], and w_norm [in], n at the start, which stays.
 */
export const delora: AdapterVariant = {
  declaration: {
    id: 'delora',
    label: 'DeLoRA',
    summary: "LoRA with rank-one parts of length one. A trained bound limits the change of each linear's weight.",
    paper: { title: 'DeLoRA: Decoupled Low-Rank Adaptation', url: 'https://arxiv.org/abs/2503.18225' },
    parameters: [
      rankParameter(8, 'Number of rank-one parts. Each linear has r · (in + out) + 1 parameters.'),
      {
        name: 'delora_lambda',
        label: 'Bound at the start',
        type: 'number',
        default: 15,
        above: 0,
        step: 1,
        help: "Initial λ, which is trained: the maximum Frobenius norm of the update, in units of the norms of the base's columns.",
      },
      dropoutParameter('module_dropout'),
      rankPatternParameter(),
      {
        name: 'lambda_pattern',
        label: 'Bound by module',
        type: 'number-map',
        default: {},
        above: 0,
        empty: 'delora_lambda for all',
        help: 'Values of delora_lambda for single modules, by name, end of a name, or regular expression. The first match counts.',
        advanced: true,
      },
    ],
  },
  files: {
    type: 'DELORA',
    ownKeys: [...Object.keys(configSchema.shape), 'init_weights'],
    sharedKeys: ['exclude_modules', 'layers_to_transform', 'layers_pattern', 'bias'],
    matches: () => true,
    fromConfig: (config) => configSchema.parse(config),
    toConfig: (parameters, modules) => ({
      ...parameters,
      ...rankKeys(parameters, modules),
      lambda_pattern: matchingKeys(parameters, 'lambda_pattern', modules),
      init_weights: true,
    }),
    parts: ['a', 'b', 'lambda', 'w_norm'],
    tensorKey: (_, part) => `delora_${part === 'a' || part === 'b' ? part.toUpperCase() : part}`,
    refusesConv1d: true,
  },
  strength: (parameters, names) => ({
    rank: patternOf(parameters, 'rank_pattern').valueOf(names, numberOf(parameters, 'r')),
    scaling: 1,
  }),
  parts({ inFeatures, outFeatures }, settings) {
    const rank = requireRank(settings);
    return [
      { name: 'a', shape: [rank, inFeatures], trainable: true },
      { name: 'b', shape: [outFeatures, rank], trainable: true },
      { name: 'lambda', shape: [1], trainable: true },
      { name: 'w_norm', shape: [inFeatures], trainable: false },
    ];
  },
  async initialize(module, settings, { random, weight }) {
    const { parameters } = settings;
    const { a, b } = initializeFactors(module, requireRank(settings), 'kaiming', random);
    const names = [module.name, ...module.aliases];
    const lambda = patternOf(parameters, 'lambda_pattern').valueOf(names, numberOf(parameters, 'delora_lambda'));
    return new Map<string, HostTensor>([
      ['a', a],
      ['b', b],
      ['lambda', { shape: [1], data: Float32Array.of(lambda) }],
      ['w_norm', rowNorms(transposed(await weight()))],
    ]);
  },
  inputDropout: 'module_dropout',
  forward: (x, frozen, adapted, options) => deloraLinear(x, frozen, partsOf(adapted), adapted.scaling, options),
  mergedWeight: (weight, adapted, inputsFirst) =>
    mergedWeight(weight, { ...deloraFactors(partsOf(adapted)), scaling: adapted.scaling }, inputsFirst),
  ranks: {
    switchable: { part: 'b', axis: 1 },
  },
  product: {
    lowRank(adapted) {
      const { a, b, lambda, norms } = partsOf(adapted);
      const [rank = 0, inputs = 0] = a.shape;
      const lengths = (rows: HostTensor) => rowNorms(rows).data.map((norm) => Math.max(norm, smallestNorm));
      const [ofA, ofB] = [lengths(a), lengths(transposed(b))];
      const scales = Array.from(
        { length: rank },
        (_, at) => (lambda.data[0] ?? 0) / (rank * (ofA[at] ?? 1) * (ofB[at] ?? 1)),
      );
      const data = Float32Array.from(
        a.data,
        (value, at) => value * (scales[Math.floor(at / inputs)] ?? 0) * (norms.data[at % inputs] ?? 0),
      );
      return { a: { shape: a.shape, data }, b, scaling: adapted.scaling };
    },
  },
  memory: ({ rows }, settings) => [rows * requireRank(settings)],
};

function partsOf<T>(adapted: ModuleTensors<T>): { a: T; b: T; lambda: T; norms: T } {
  return {
    a: partOf(adapted, 'a'),
    b: partOf(adapted, 'b'),
    lambda: partOf(adapted, 'lambda'),
    norms: partOf(adapted, 'w_norm'),
  };
}
