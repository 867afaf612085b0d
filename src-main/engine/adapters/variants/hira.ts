import { z } from 'zod';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { hiraEmbedding } from '../../ops/linear/hira-embedding.ts';
import { hiraLinear } from '../../ops/linear/hira-linear.ts';
import { hiraWeight } from '../../ops/linear/hira-matmul.ts';
import { initializeFactors } from '../draws/initialize.ts';
import { type AdapterVariant, requireRank } from '../variant/variant.ts';
import { factorsOf } from './lora.ts';
import { dropoutParameter, rankParameter } from './parameters.ts';

/** PEFT's HiraConfig, with PEFT's defaults (PEFT 0.21). */
const configSchema = z.object({
  r: z.number().int().min(1).default(32),
  hira_dropout: z.number().min(0).max(1).default(0),
  init_weights: z.union([z.boolean(), z.literal('gaussian')]).default(true),
});

/**
 * HiRA: y = (W ∘ (1 + B·A))·x + b. The update W ∘ B·A has a high rank, though A and B are thin; there is no alpha. Huang et al.
 * 2025. Parts: a [r, in], b [out, r].
 */
export const hira: AdapterVariant = {
  declaration: {
    id: 'hira',
    label: 'HiRA',
    summary: 'Multiplies each weight, entry by entry, by 1 + B·A. Two thin matrices give an update of high rank.',
    paper: {
      title: 'HiRA: Parameter-Efficient Hadamard High-Rank Adaptation for Large Language Models',
      url: 'https://openreview.net/forum?id=TwJrTz9cRS',
    },
    parameters: [
      rankParameter(32),
      dropoutParameter('hira_dropout'),
      {
        name: 'init_weights',
        label: 'Initialization of A',
        type: 'choice',
        default: 'kaiming',
        choices: [
          { value: 'kaiming', label: 'Kaiming uniform: within ±1/√in' },
          { value: 'gaussian', label: 'Gaussian: standard deviation 1/r' },
        ],
        help: 'Initial values of A. B starts at zero, so training begins from the unchanged base either way.',
        advanced: true,
      },
    ],
  },
  files: {
    type: 'HIRA',
    ownKeys: Object.keys(configSchema.shape),
    sharedKeys: ['exclude_modules', 'layers_to_transform', 'layers_pattern', 'fan_in_fan_out'],
    matches: () => true,
    fromConfig(config) {
      const { init_weights: start, ...parameters } = configSchema.parse(config);
      return { ...parameters, init_weights: start === 'gaussian' ? start : 'kaiming' };
    },
    // PEFT 0.21 writes a rank_pattern, but gives every module the rank r.
    toConfig: ({ init_weights: start, ...parameters }, _, config) => ({
      ...parameters,
      init_weights: start === 'gaussian' ? start : true,
      rank_pattern: config['rank_pattern'] ?? {},
    }),
    parts: ['a', 'b'],
    tensorKey: ({ kind }, part) => `hira_${kind === 'embedding' ? 'embedding_' : ''}${part.toUpperCase()}`,
  },
  ranks: {
    switchable: { part: 'b', axis: 1 },
  },
  strength: (parameters) => ({ rank: numberOf(parameters, 'r'), scaling: 1 }),
  parts({ inFeatures, outFeatures }, settings) {
    const rank = requireRank(settings);
    return [
      { name: 'a', shape: [rank, inFeatures], trainable: true },
      { name: 'b', shape: [outFeatures, rank], trainable: true },
    ];
  },
  initialize(module, settings, { random }) {
    const start = settings.parameters['init_weights'] === 'gaussian' ? 'gaussian' : 'kaiming';
    return new Map(Object.entries(initializeFactors(module, requireRank(settings), start, random)));
  },
  inputDropout: 'hira_dropout',
  forward: (x, frozen, adapted, options) => hiraLinear(x, frozen, factorsOf(adapted), options),
  embedding: (ids, frozen, adapted) => hiraEmbedding(ids, frozen, factorsOf(adapted)),
  mergedWeight: (weight, adapted, inputsFirst) => hiraWeight({ weight, ...factorsOf(adapted) }, { inputsFirst }),
  product: {
    lowRank: null,
    reason: "it multiplies the base's weights by 1 + B·A",
    isLinearInFactors: true,
  },
  weights: {
    replacesWeight: (parameters) => numberOf(parameters, 'hira_dropout') === 0,
  },
  memory: () => [],
};
