import { z } from 'zod';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import { defaultMetric, higherMetricIds } from '../../metrics/index.ts';
import { valuesOf } from '../config/composing.ts';
import { defineStudy } from '../define-study.ts';
import { mergeabilityFigures } from './mergeability-figures.ts';
import { mergeabilityConfigSchema, mergeabilityResultSchema, usualPairMethods } from './mergeability-schemas.ts';
import { mergeabilityTables } from './mergeability-tables.ts';
import { describeSets, referencesOfSets, setsOf } from './task-sets.ts';

const declaration: Declaration = {
  id: 'mergeability',
  label: 'Mergeability',
  summary:
    'Whether the verdict before a merge predicts what the merge loses: measures and losses of pairs of one task and of different tasks, with rank correlations.',
  parameters: [
    {
      name: 'methods',
      label: 'Merge methods',
      type: 'text-list',
      default: usualPairMethods,
      names: 'merge-methods',
      help: 'Ids of the merge methods whose losses are to be predicted, each with its defaults and equal weights.',
    },
    {
      name: 'pairs',
      label: 'Pairs',
      type: 'choice',
      default: 'sets',
      choices: [
        { value: 'sets', label: 'Of one task or of one seed' },
        { value: 'all', label: 'All of a group' },
      ],
      help: 'Which pairs are merged. The measures are those of all pairs in either case.',
    },
    {
      name: 'metric',
      label: 'Metric',
      type: 'text',
      names: 'metric',
      default: defaultMetric.id,
      help: `A metric of the tasks by its id of which more is better: ${higherMetricIds.join(', ')}.`,
    },
    {
      name: 'seed',
      label: 'Seed',
      type: 'integer',
      default: 0,
      minimum: 0,
      help: 'Draws the entries at which signs are compared, and the permutations of the tests.',
      advanced: true,
    },
  ],
};

/** Does the mergeability verdict predict the merge? */
export const mergeabilityStudy = defineStudy({
  kind: 'mergeability',
  declaration,
  takes: 'adapters',
  configSchema: mergeabilityConfigSchema,
  resultSchema: mergeabilityResultSchema,
  compose(input) {
    const { methods, pairs, metric, seed } = valuesOf(declaration, input);
    return {
      kind: 'mergeability' as const,
      ...setsOf(input),
      eval_samples: input.eval_samples,
      methods: z.array(z.string()).min(1).parse(methods),
      pairs: z.enum(['sets', 'all']).parse(pairs),
      metric: String(metric),
      seed: Number(seed),
    };
  },
  references: referencesOfSets,
  describeConfig: (config, words) => [
    ...describeSets(config, words),
    {
      label: 'Methods',
      value: config.methods.map((one) => words.mergeMethod(typeof one === 'string' ? one : one.method)).join(', '),
    },
    { label: 'Pairs', value: config.pairs === 'all' ? 'all of a group' : 'of one task or of one seed' },
  ],
  table: mergeabilityTables,
  figures: mergeabilityFigures,
});
