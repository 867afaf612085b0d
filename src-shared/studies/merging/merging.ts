import { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import { searchSpecs } from '../../domain/merging/merge-search.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import { axisTitle } from '../../format/mid-sentence.ts';

import { isShareOfExamples, valueText } from '../../metrics/index.ts';
import { comparisonRow } from '../../results/comparison-row.ts';
import { forgettingHeading, riseText } from '../../results/forgetting.ts';
import { nameOfRecord } from '../config/catalog-words.ts';
import { datasetOf, groupsOf, requireOneBase, valuesOf } from '../config/composing.ts';
import { defineStudy, type StudyTable, type StudyWords } from '../define-study.ts';
import {
  bestOf,
  describeMetric,
  judgedHeading,
  judgedMetric,
  judgedRow,
  judgedText,
  judgedWords,
  metricOfForm,
  tunedText,
} from '../scores/judged-metric.ts';
import { ofMetric, type PointScore } from '../scores/point-score.ts';
import { describeScales, mergeScaleParameters, scaleFigures, scalesOfForm, scaleTables } from './merge-scales.ts';
import { mergingFigure } from './merging-figures.ts';
import { type MergingResult, mergingConfigSchema, mergingResultSchema, usualMethods } from './merging-schemas.ts';

const declaration: Declaration = {
  id: 'merging',
  label: 'Merging seeds',
  summary: 'Scores of same-task adapters of several seeds alone, merged by each method, and as an ensemble.',
  paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  parameters: [
    {
      name: 'methods',
      label: 'Merge methods',
      type: 'text-list',
      default: usualMethods,
      names: 'merge-methods',
      help: 'Ids of the merge methods to compare, each with its defaults and equal weights.',
    },
    judgedMetric,
    {
      name: 'placebos',
      label: 'Compare with random merges',
      type: 'boolean',
      default: false,
      help: 'Scores each merge also with random directions of the same singular values, and with its layers shuffled.',
    },
    {
      name: 'seed',
      label: 'Seed of placebos and search',
      type: 'integer',
      default: 0,
      minimum: 0,
      help: 'The same seed draws the same placebos and, in a search, the same tuning examples and merges.',
    },
    // The search has the study's seed.
    ...searchSpecs(true).filter(({ name }) => name !== 'search_seed'),
    ...mergeScaleParameters(),
  ],
};

/** Labels of the paper's methods in the demo and the comparison. */
const mergedLabels = new Map([
  ['factor-average', 'Merged by factors'],
  ['weight-average', 'Merged by ΔW average'],
  ['ensemble', 'Output ensemble'],
]);

/** Same-task adapters of several seeds, alone and merged by each method. */
export const mergingStudy = defineStudy({
  kind: 'merging',
  declaration,
  takes: 'adapters',
  offeredBy: { page: 'merge', action: 'Compare merge methods' },
  configSchema: mergingConfigSchema,
  resultSchema: mergingResultSchema,
  compose(input) {
    requireOneBase(input.adapters);
    const groups = groupsOf(input.adapters);
    if (groups.some(({ adapters }) => adapters.length < 2))
      throw new StudioError('refused', 'Comparing methods needs two or more seeds of each kind of adapter.').at(
        'adapters',
      );
    const values = valuesOf(declaration, input);
    const { methods, metric, placebos, seed, search, search_evaluations } = values;
    return {
      kind: 'merging' as const,
      dataset: datasetOf(input),
      eval_samples: input.eval_samples,
      metric: metricOfForm(metric),
      methods: z.array(z.string()).min(1).parse(methods),
      placebos: placebos === true,
      seed: Number(seed),
      search: String(search),
      search_evaluations: Number(search_evaluations),
      ...scalesOfForm(values),
      groups: groups.map(({ label, coto, adapters }) => ({
        label,
        coto,
        adapters: adapters.map(({ id }) => ({ adapterId: id })),
      })),
    };
  },
  references: ({ groups }) => groups.flatMap((group) => group.adapters),
  describeConfig: ({ dataset, methods, metric, search, search_evaluations, seed, ...scales }, words) => [
    { label: 'Data', value: nameOfRecord(dataset, words) },
    { label: 'Methods', value: methods.map(words.mergeMethod).join(', ') },
    ...describeMetric(metric),
    ...(search === 'none' ? [] : [{ label: 'Search', value: `${search}, ${search_evaluations} merges, seed ${seed}` }]),
    describeScales(scales),
  ],
  table({ groups, metric, scaling }, config, words) {
    const { title, unit } = judgedWords(metric);
    const written = (score: PointScore) => judgedText(metric, score);
    const methods = methodsOf(groups);
    return [
      {
        title: isSearched(groups)
          ? `${axisTitle(`${title} on the test split`, unit)}, and in brackets ${tunedWords(metric)}on the training examples that a search was tuned on`
          : judgedHeading(metric) + (scaling === undefined ? '' : ', merges at their chosen λ'),
        columns: [
          { label: 'Group' },
          { label: 'Alone, each', numeric: true },
          { label: 'Best alone', numeric: true },
          ...methods.map((method) => ({ label: words.mergeMethod(method), numeric: true })),
        ],
        rows: groups.map(({ label, alone, merged }) => ({
          cells: [
            label,
            alone.map(written).join(', '),
            best(metric, alone),
            ...methods.map((method) => {
              const score = merged.find((one) => one.method === method);
              if (score === undefined) return '–';
              return written(score) + (score.tuning === undefined ? '' : ` (${tunedText(metric, score.tuning)})`);
            }),
          ],
        })),
      },
      ...scaleTables({ groups, metric, scaling }, config, ({ method }) => words.mergeMethod(method)),
      ...placeboTable(groups, metric, words),
      ...forgettingTable(groups, words),
    ];
  },
  figures: (result, _config, words) => [
    { name: 'Merging study', draw: (theme) => mergingFigure(result, theme, words) },
    ...scaleFigures(result, ({ method }) => words.mergeMethod(method)),
  ],
  comparison: ({ groups, metric }) =>
    methodsOf(groups).map((method) =>
      comparisonRow(
        ...judgedRow(metric, `merged/${method}`, mergedLabels.get(method) ?? `Merged by ${method}`),
        (coto) =>
          groups
            .filter((group) => group.coto === coto)
            .flatMap((group) => group.merged)
            .filter((score) => score.method === method)
            .map((score) => ({ seed: null, value: ofMetric(score, metric) })),
      ),
    ),
});

/** Merges beside their placebos, if there are any: a merge that is no better has merged nothing. */
function placeboTable(groups: MergingResult['groups'], metric: string, words: StudyWords): StudyTable[] {
  const placebos = [...new Set(groups.flatMap((group) => (group.placebos ?? []).map(({ placebo }) => placebo)))];
  if (placebos.length === 0) return [];
  const { name, unit } = judgedWords(metric);
  return [
    {
      title: `Merges beside their placebos: ${axisTitle(name, unit)}`,
      columns: [
        { label: 'Group' },
        { label: 'Merge' },
        { label: 'Merged', numeric: true },
        ...placebos.map((placebo) => ({ label: words.mergeMethod(placebo), numeric: true })),
        { label: 'Best alone', numeric: true },
      ],
      rows: groups.flatMap(({ label, alone, merged, placebos: scores = [] }) =>
        merged
          .filter(({ method }) => scores.some((score) => score.method === method))
          .map(({ method, ...own }) => ({
            cells: [
              label,
              words.mergeMethod(method),
              judgedText(metric, own),
              ...placebos.map((placebo) => {
                const score = scores.find((one) => one.method === method && one.placebo === placebo);
                return score === undefined ? '–' : judgedText(metric, score);
              }),
              best(metric, alone),
            ],
          })),
      ),
    },
  ];
}

/** Lists the forgetting of each adapter and merge, if it was measured. */
function forgettingTable(groups: MergingResult['groups'], words: StudyWords): StudyTable[] {
  const scores = groups.flatMap(({ alone, merged, placebos = [] }) => [...alone, ...merged, ...placebos]);
  const heading = forgettingHeading(scores.map(({ forgetting }) => forgetting));
  if (heading === null) return [];
  const methods = methodsOf(groups);
  return [
    {
      title: heading,
      columns: [
        { label: 'Group' },
        { label: 'Alone, each', numeric: true },
        ...methods.map((method) => ({ label: words.mergeMethod(method), numeric: true })),
      ],
      rows: groups.map(({ label, alone, merged }) => ({
        cells: [
          label,
          alone.map(({ forgetting }) => riseText(forgetting?.rise)).join(', '),
          ...methods.map((method) => riseText(merged.find((score) => score.method === method)?.forgetting?.rise)),
        ],
      })),
    },
  ];
}

/** The best of those alone. */
function best(metric: string, alone: readonly PointScore[]): string {
  return valueText(
    metric,
    bestOf(
      metric,
      alone.map((score) => ofMetric(score, metric)),
    ),
  );
}

/** Names the tuning score of a search if it differs from the study's metric. */
function tunedWords(metric: string): string {
  return isShareOfExamples(metric) ? '' : 'what it was tuned by (the accuracy of classes, else the negative loss) ';
}

function isSearched(groups: MergingResult['groups']): boolean {
  return groups.some(({ merged }) => merged.some(({ tuning }) => tuning !== undefined));
}

function methodsOf(groups: MergingResult['groups']): string[] {
  return [...new Set(groups.flatMap((group) => group.merged.map(({ method }) => method)))];
}
