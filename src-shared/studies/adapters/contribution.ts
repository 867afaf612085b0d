import { maxExactGroups } from '../../domain/evaluation/mask-table.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import { formatFixed } from '../../format/numbers.ts';
import {
  defaultMetric,
  differenceUnit,
  exampleMetrics,
  isLowerBetter,
  metricLabel,
  metricName,
  metricUnit,
  valueText,
} from '../../metrics/index.ts';
import { comparisonRow, tableUnit } from '../../results/comparison-row.ts';
import { nameOfRecord } from '../config/catalog-words.ts';
import { datasetOf, requireOneBase, seriesName, valuesOf } from '../config/composing.ts';
import { defineStudy, type StudyTable } from '../define-study.ts';
import { judgedWords } from '../scores/judged-metric.ts';
import { contributionFigures } from './contribution-figures.ts';
import { signOf, withInterval } from './contribution-format.ts';
import { type ContributionResult, contributionConfigSchema, contributionResultSchema } from './contribution-schemas.ts';
import { namedAdapters } from './named-adapters.ts';

const declaration: Declaration = {
  id: 'contribution',
  label: 'Contribution',
  summary:
    'What each layer or module of an adapter contributes to the score: Shapley and Banzhaf values, leave-one-out, interactions of pairs, and the score with only some adapters on (dropout stability).',
  paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  parameters: [
    {
      name: 'unit',
      label: 'Unit',
      type: 'choice',
      default: 'layer',
      choices: [
        { value: 'layer', label: 'Layer' },
        { value: 'module-type', label: 'Type of module, e.g. all q_proj' },
        { value: 'module', label: 'Module' },
      ],
      help: 'What is switched as a whole. Adapters outside the layers, such as a task head, stay on.',
    },
    {
      name: 'metric',
      label: 'Metric',
      type: 'choice',
      default: defaultMetric.id,
      choices: exampleMetrics.map((id) => ({
        value: id,
        label: isLowerBetter(id)
          ? `${metricLabel(id)} (contributions are to −${id}, so that positive values help)`
          : metricLabel(id),
      })),
      help: 'What the units contribute to. The loss shows smaller differences than the accuracy.',
    },
    {
      name: 'values',
      label: 'Values',
      type: 'choice',
      default: 'auto',
      choices: [
        { value: 'auto', label: `Exact for up to ${maxExactGroups} units, else sampled permutations` },
        { value: 'exact', label: 'Exact: every subset' },
        { value: 'permutations', label: 'Sampled permutations' },
        { value: 'integral', label: 'Integral over p of sampled sets, as in the paper' },
      ],
      help: 'Exact values evaluate all 2ⁿ subsets of n units; subsets share the layers up to where they differ.',
    },
    {
      name: 'budget',
      label: 'Budget',
      type: 'integer',
      default: 2000,
      minimum: 2,
      maximum: 1_000_000,
      step: 500,
      unit: 'subsets',
      help: 'Distinct subsets that sampling evaluates at most.',
      advanced: true,
    },
    {
      name: 'antithetic',
      label: 'Antithetic',
      type: 'boolean',
      default: true,
      help: 'Whether each sampled permutation comes with its reverse, each sampled set with its complement.',
      advanced: true,
    },
    {
      name: 'seed',
      label: 'Seed',
      type: 'integer',
      default: 0,
      minimum: 0,
      maximum: 2 ** 31 - 1,
      help: 'Draws the permutations or sets.',
      advanced: true,
    },
  ],
};

/** Measures the contribution of each group of an adapter, from one table of subsets. */
export const contributionStudy = defineStudy({
  kind: 'contribution',
  formerKinds: ['shapley'],
  declaration,
  takes: 'adapters',
  configSchema: contributionConfigSchema,
  resultSchema: contributionResultSchema,
  compose(input) {
    requireOneBase(input.adapters);
    return {
      kind: 'contribution' as const,
      dataset: datasetOf(input),
      eval_samples: input.eval_samples,
      ...contributionConfigSchema
        .pick({ unit: true, metric: true, values: true, budget: true, antithetic: true, seed: true })
        .parse(valuesOf(declaration, input)),
      adapters: namedAdapters(input.adapters),
    };
  },
  references: ({ adapters }) => adapters.map(({ adapter }) => adapter),
  describeConfig: ({ dataset, unit, metric, values, budget, antithetic, seed }, words) => [
    { label: 'Data', value: nameOfRecord(dataset, words) },
    { label: 'Unit', value: unit },
    { label: 'Metric', value: metric },
    {
      label: 'Values',
      value:
        values === 'exact'
          ? 'exact'
          : `${values}, at most ${budget} sampled subsets${antithetic ? ', antithetic' : ''}, seed ${seed}`,
    },
  ],
  table: (result) => [valueTable(result), checkTable(result), stabilityTable(result)],
  figures: (result) => contributionFigures(result),
  comparison({ metric, adapters }) {
    const half = (coto: boolean) =>
      adapters
        .filter((adapter) => adapter.coto === coto)
        .flatMap(({ seed, groups, stability }) => {
          const middle = stability.find(({ active }) => active === Math.floor(groups.length / 2));
          return middle === undefined ? [] : [{ seed, value: signOf(metric) * middle.mean }];
        });
    const { better } = judgedWords(metric);
    return [
      comparisonRow('contribution/half', 'Half of the adapters on, mean of subsets', tableUnit(metric), better, half),
    ];
  },
});

function valueTable({ adapters, metric }: ContributionResult): StudyTable {
  return {
    title: `Contribution of each unit (${differenceUnit(metric)}, ± 95 %)`,
    columns: [
      { label: 'Adapter' },
      { label: 'Unit' },
      ...['Shapley', 'Banzhaf', 'Leave one out', 'Alone'].map((label) => ({ label, numeric: true })),
    ],
    rows: adapters.flatMap((adapter) =>
      adapter.groups.map(({ name, shapley, banzhaf, leaveOneOut, alone }) => ({
        cells: [
          seriesName(adapter),
          name,
          withInterval(shapley, metric),
          banzhaf === null ? '–' : withInterval(banzhaf, metric),
          withInterval(leaveOneOut, metric),
          withInterval(alone, metric),
        ],
      })),
    ),
  };
}

function checkTable({ adapters, metric }: ContributionResult): StudyTable {
  const { scale, unit } = metricUnit(metric);
  const difference = differenceUnit(metric);
  const sign = signOf(metric);
  return {
    title: 'Checks and cost',
    columns: [
      { label: 'Adapter' },
      { label: `None on (${unit})`, numeric: true },
      { label: `All on (${unit})`, numeric: true },
      { label: `Σφ (${difference})`, numeric: true },
      { label: `v(all) − v(none) (${difference})`, numeric: true },
      { label: 'Values' },
      { label: 'Subsets', numeric: true },
      { label: 'Layers run', numeric: true },
      { label: 'One by one', numeric: true },
      { label: 'Forward passes', numeric: true },
    ],
    rows: adapters.map((adapter) => {
      const { none, all, efficiency, exact, samples, cost } = adapter;
      return {
        cells: [
          seriesName(adapter),
          withInterval({ ...none, value: sign * none.value }, metric),
          withInterval({ ...all, value: sign * all.value }, metric),
          formatFixed(scale * efficiency.sum, 4),
          formatFixed(scale * efficiency.difference, 4),
          exact ? 'exact' : `${samples} samples`,
          String(cost.masks),
          String(cost.layerEvaluations),
          String(cost.layerEvaluationsAlone),
          cost.forwardPasses.toFixed(1),
        ],
      };
    }),
  };
}

function stabilityTable({ adapters, metric }: ContributionResult): StudyTable {
  const { unit } = metricUnit(metric);
  const sign = signOf(metric);
  const written = (score: number) => valueText(metric, sign * score);
  return {
    title: `Dropout stability: ${metricName(metric)} by the number of units that are on`,
    columns: [
      { label: 'Adapter' },
      { label: 'Units on', numeric: true },
      { label: `Mean (${unit})`, numeric: true },
      { label: '5 %', numeric: true },
      { label: '95 %', numeric: true },
      { label: 'Subsets', numeric: true },
    ],
    rows: adapters.flatMap((adapter) =>
      adapter.stability.map(({ active, mean, low, high, masks }) => ({
        cells: [
          seriesName(adapter),
          String(active),
          written(mean),
          ...(sign > 0 ? [written(low), written(high)] : [written(high), written(low)]),
          String(masks),
        ],
      })),
    ),
  };
}
