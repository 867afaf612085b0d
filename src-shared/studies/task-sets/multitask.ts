import { z } from 'zod';
import { searchSpecs } from '../../domain/merging/merge-search.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import { defaultMetric, higherMetricIds } from '../../metrics/index.ts';
import { comparisonRow } from '../../results/comparison-row.ts';
import { mean } from '../../statistics/student.ts';
import { valuesOf } from '../config/composing.ts';
import { defineStudy } from '../define-study.ts';
import { describeScales, mergeScaleParameters, scalesOfForm } from '../merging/merge-scales.ts';
import { judgedRow } from '../scores/judged-metric.ts';
import { multitaskFigures } from './multitask-figures.ts';
import { methodsOf, multitaskConfigSchema, multitaskResultSchema, usualMethods } from './multitask-schemas.ts';
import { multitaskTables, rowLabel } from './multitask-tables.ts';
import { describeSets, referencesOfSets, setsOf } from './task-sets.ts';

const declaration: Declaration = {
  id: 'multitask',
  label: 'Merging tasks',
  summary:
    'Adapters of several tasks on one base, alone and merged by each method, scored on every task with that task’s own head, beside the base and placebos.',
  paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  parameters: [
    {
      name: 'methods',
      label: 'Merge methods',
      type: 'text-list',
      default: usualMethods,
      names: 'merge-methods',
      help: 'Ids of the merge methods to compare, each with its defaults and equal weights unless weights are searched.',
    },
    {
      name: 'placebos',
      label: 'Compare with random merges',
      type: 'boolean',
      default: true,
      help: 'Also scores each merge with random directions of the same singular values, and with its layers shuffled. If the merge is not better than these, it has combined nothing.',
    },
    {
      name: 'random_adapters',
      label: 'Beside random adapters',
      type: 'boolean',
      default: false,
      help: 'Scores on each task also its own adapter merged with random ones of the norms of the others. A merge of tasks that is no better has nothing of the other tasks.',
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
      name: 'tuning_samples',
      label: 'Tuning examples',
      type: 'integer',
      default: 64,
      minimum: 1,
      unit: 'examples',
      help: 'Training examples of each task for a search and for methods that look at data; the test split is only scored.',
      advanced: true,
    },
    {
      name: 'seed',
      label: 'Seed of placebos and search',
      type: 'integer',
      default: 0,
      minimum: 0,
      help: 'The same seed draws the same placebos and, in a search, the same tuning examples and merges.',
      advanced: true,
    },
    // The search has the study's seed.
    ...searchSpecs(true).filter(({ name }) => name !== 'search_seed'),
    ...mergeScaleParameters(),
  ],
};

/** Adapters of several tasks on one base, alone and merged by each method. */
export const multitaskStudy = defineStudy({
  kind: 'multitask',
  declaration,
  takes: 'adapters',
  offeredBy: { page: 'merge', action: 'Compare on all tasks' },
  configSchema: multitaskConfigSchema,
  resultSchema: multitaskResultSchema,
  compose(input) {
    const values = valuesOf(declaration, input);
    const { methods, placebos, random_adapters, metric, tuning_samples, seed, search, search_evaluations } = values;
    return {
      kind: 'multitask' as const,
      ...setsOf(input),
      eval_samples: input.eval_samples,
      metric: String(metric),
      // The usual list is adapted to what the adapters allow, a list of one's own is not.
      methods: String(methods) === String(usualMethods) ? null : z.array(z.string()).min(1).parse(methods),
      placebos: placebos === true,
      random_adapters: random_adapters === true,
      tuning_samples: Number(tuning_samples),
      seed: Number(seed),
      search: String(search),
      search_evaluations: Number(search_evaluations),
      ...scalesOfForm(values),
    };
  },
  references: referencesOfSets,
  describeConfig: (config, words) => {
    const { search, search_evaluations, tuning_samples, seed, metric } = config;
    const weights =
      search === 'none'
        ? 'equal'
        : `searched (${search}) by ${search_evaluations} merges on ${tuning_samples} training examples of each task, seed ${seed}`;
    return [
      ...describeSets(config, words),
      {
        label: 'Methods',
        value: methodsOf(config)
          .map((one) => words.mergeMethod(typeof one === 'string' ? one : one.method))
          .join(', '),
      },
      { label: 'Weights', value: weights },
      describeScales(config),
      { label: 'Metric', value: metric },
    ];
  },
  table: multitaskTables,
  figures: multitaskFigures,
  comparison: ({ groups, rows, metric }) =>
    rows.flatMap((row, at) => {
      if (row.kind !== 'own' && row.kind !== 'merge') return [];
      const values = (coto: boolean) =>
        groups
          .filter((group) => group.coto === coto)
          .flatMap(({ cells, seeds }) =>
            cells.map((set, index) => {
              const own = set[at] ?? [];
              return { seed: seeds[index] ?? null, value: mean(own.map(({ value }) => value)) };
            }),
          );
      const label = rowLabel(row, { mergeMethod: (id) => id });
      const id = `multitask/${row.method ?? row.kind}/${at}`;
      return [comparisonRow(...judgedRow(metric, id, `Mean of the tasks, ${label}`), values)];
    }),
});
