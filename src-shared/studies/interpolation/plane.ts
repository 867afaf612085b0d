import { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { formatFixed } from '../../format/numbers.ts';
import { defaultMetric, isShareOfExamples, valueText } from '../../metrics/index.ts';
import { loss } from '../../metrics/loss.ts';
import { comparisonRow } from '../../results/comparison-row.ts';
import { mean } from '../../statistics/student.ts';
import { nameOfRecord } from '../config/catalog-words.ts';
import { bySeed, datasetOf, distinctGroups, requireOneBase, valuesOf } from '../config/composing.ts';
import { defineStudy, type StudyAdapter, type StudyTable, type StudyWords } from '../define-study.ts';
import {
  bestOf,
  describeMetric,
  judgedRow,
  judgedText,
  judgedWords,
  metricOfForm,
  shownMetrics,
} from '../scores/judged-metric.ts';
import { ofMetric } from '../scores/point-score.ts';
import { joinedLabel, judgedEstimate, leftOutTable, originalMethod } from './connectivity.ts';
import { planeFigure } from './plane-figures.ts';
import {
  type PlaneResult,
  type PlaneSurface,
  planeConfigSchema,
  planeDeclaration,
  planeGrid,
  planeResultSchema,
  surfaceMethods,
} from './plane-schemas.ts';

/** Labels of the comparison with and without CoTo. */
const centerLabels = new Map([
  ['factor-average', 'Three merged 1:1:1 by factors'],
  ['weight-average', 'Three merged 1:1:1 by ΔW average'],
]);

/** The metric over the plane through three adapters of one base. */
export const planeStudy = defineStudy({
  kind: 'plane',
  declaration: planeDeclaration,
  takes: 'adapters',
  offeredBy: { page: 'merge', action: 'Plane of three' },
  configSchema: planeConfigSchema,
  resultSchema: planeResultSchema,
  compose(input) {
    requireOneBase(input.adapters);
    const { subdivisions, beyond, methods, triples, metric, seed } = valuesOf(planeDeclaration, input);
    const ids = z.array(z.string()).min(1).parse(methods);
    return {
      kind: 'plane' as const,
      dataset: datasetOf(input),
      eval_samples: input.eval_samples,
      metric: metricOfForm(metric),
      subdivisions: Number(subdivisions),
      beyond: Number(beyond),
      // The usual ones may be left out where the adapters do not allow them.
      methods: ids.join() === surfaceMethods({ methods: null }).join() ? null : ids,
      seed: Number(seed),
      triples: triplesOf(input.adapters, triples === 'all').map(({ adapters: [first, second, third], ...triple }) => ({
        ...triple,
        adapters: [{ adapterId: first.id }, { adapterId: second.id }, { adapterId: third.id }] as const,
      })),
    };
  },
  references: ({ triples }) => triples.flatMap(({ adapters }) => adapters),
  describeConfig: ({ dataset, triples, beyond, metric, ...config }, words) => [
    { label: 'Data', value: nameOfRecord(dataset, words) },
    { label: 'Surfaces', value: surfaceMethods(config).map(words.mergeMethod).join(', ') },
    ...describeMetric(metric),
    {
      label: 'Points',
      value: `${planeGrid({ ...config, beyond }).length} each, ${triples.length} ${triples.length === 1 ? 'triple' : 'triples'}${beyond > 0 ? `, ${beyond} steps beyond the triangle` : ''}`,
    },
  ],
  table: (result, config, words) => [
    centerTable(result, words),
    ...leftOutTable(config.left_out, (at) => joinedLabel(config.triples[at]), words),
  ],
  figures: (result, config, words) =>
    result.triples.flatMap((triple, at) =>
      shownMetrics(result.metric).map((metric) => ({
        name: `${judgedWords(metric).title} over the plane of ${joinedLabel(triple)}`,
        draw: (theme) => planeFigure(result, config, at, metric, words, theme),
      })),
    ),
  comparison({ triples, metric }) {
    const methods = [
      ...new Set(triples.flatMap(({ surfaces }) => surfaces.map(({ method }) => originalMethod(method) ?? method))),
    ];
    return methods.map((method) =>
      comparisonRow(
        ...judgedRow(metric, `plane/${method}`, centerLabels.get(method) ?? `Three merged 1:1:1 by ${method}`),
        (coto) =>
          triples
            .filter((triple) => triple.coto === coto)
            .flatMap(({ surfaces }) => surfaces.filter((surface) => originalMethod(surface.method) === method))
            .map(({ center }) => ({ seed: null, value: ofMetric(center, metric) })),
      ),
    );
  },
});

interface ComposedTriple {
  readonly label: string;
  readonly name: string;
  readonly coto: boolean;
  readonly adapters: readonly [StudyAdapter, StudyAdapter, StudyAdapter];
}

/** Any three adapters, or triples of the seeds of each group. @throws StudioError refused */
function triplesOf(chosen: readonly StudyAdapter[], all: boolean): ComposedTriple[] {
  const adapters = bySeed(chosen);
  const [first, second, third] = adapters;
  if (first === undefined || second === undefined || third === undefined)
    throw new StudioError(
      'refused',
      'The plane needs three adapters.',
      'Choose three adapters of one task, or three or more seeds of each kind.',
    ).at('adapters');
  if (adapters.length === 3) {
    const same = adapters.every(({ group, label }) => group === first.group || label === first.label);
    const label = same ? first.label : adapters.map(({ name }) => name).join(' – ');
    const coto = adapters.every((adapter) => adapter.coto);
    return [{ label, name: same ? nameOf([first, second, third]) : '', coto, adapters: [first, second, third] }];
  }
  const groups = distinctGroups(adapters);
  const few = groups.find((group) => group.adapters.length < 3);
  if (few)
    throw new StudioError(
      'refused',
      `The plane needs three or more adapters of each kind, and ${few.label} has ${few.adapters.length}.`,
      'Leave that kind out, or choose more seeds of it.',
    ).at('adapters');
  return groups.flatMap(({ label, coto, adapters: members }) =>
    (all ? everyTriple(members) : neighbors(members)).map((triple) => ({
      label,
      name: nameOf(triple),
      coto,
      adapters: triple,
    })),
  );
}

function everyTriple<T>(items: readonly T[]): [T, T, T][] {
  return items.flatMap((first, at) =>
    items
      .slice(at + 1)
      .flatMap((second, next) => items.slice(at + next + 2).map((third): [T, T, T] => [first, second, third])),
  );
}

/** The first three, the next three, …; what is left over is left out. */
function neighbors<T>(items: readonly T[]): [T, T, T][] {
  return everyTriple(items.slice(0, 3)).concat(items.length >= 6 ? neighbors(items.slice(3)) : []);
}

function nameOf(adapters: readonly StudyAdapter[]): string {
  const seeds = adapters.map(({ seed }) => seed);
  if (new Set(seeds).size === seeds.length) return `seeds ${seeds.join(', ')}`;
  return adapters.map(({ name }) => name).join(' – ');
}

/** The merge at 1:1:1 against the mean of its corners and their ensemble, and the best point of each surface. */
function centerTable({ triples, examples, metric }: PlaneResult, words: StudyWords): StudyTable {
  const { name, unit, points } = judgedWords(metric);
  const isLoss = metric === loss.id;
  const isEstimated = triples.some(({ surfaces }) =>
    surfaces.some(({ againstCorners }) =>
      shownMetrics(metric).some((one) => ofMetric(againstCorners, one).low !== null),
    ),
  );
  return {
    title: `Three merged 1:1:1${metric === defaultMetric.id ? '' : `, ${name}`}${isShareOfExamples(metric) || isEstimated ? ` [95 % over ${examples} examples]` : ''}`,
    columns: [
      { label: 'Triple' },
      { label: 'Merge method' },
      { label: axisTitle('Mean of corners', unit), numeric: true },
      { label: axisTitle('Ensemble', unit), numeric: true },
      { label: axisTitle('1:1:1', unit), numeric: true },
      { label: axisTitle('minus mean of corners', points), numeric: true },
      { label: axisTitle('minus ensemble', points), numeric: true },
      ...(isLoss ? [] : [{ label: 'Loss minus mean of corners (nats)', numeric: true }]),
      { label: axisTitle('Best point', unit), numeric: true },
    ],
    rows: triples.flatMap((triple) =>
      triple.surfaces.map((surface) => ({
        cells: [
          joinedLabel(triple),
          words.mergeMethod(surface.method),
          valueText(metric, mean(triple.corners.map((corner) => ofMetric(corner, metric)))),
          triple.ensemble === null ? '–' : judgedText(metric, triple.ensemble),
          judgedText(metric, surface.center),
          judgedEstimate(metric, ofMetric(surface.againstCorners, metric), 2),
          surface.againstEnsemble === null ? '–' : judgedEstimate(metric, ofMetric(surface.againstEnsemble, metric), 2),
          ...(isLoss ? [] : [judgedEstimate(loss.id, surface.againstCorners.loss, 3)]),
          bestText(surface, metric),
        ],
      })),
    ),
  };
}

/** "72.4 at 0.20 : 0.40 : 0.40" */
function bestText({ points }: PlaneSurface, metric: string): string {
  const values = points.map((point) => ofMetric(point, metric));
  const best = points[values.indexOf(bestOf(metric, values))];
  if (best === undefined) return '–';
  return `${judgedText(metric, best)} at ${best.weights.map((weight) => formatFixed(weight, 2)).join(' : ')}`;
}
