import { StudioError } from '../../contract/errors.ts';
import { bySeries } from '../../figures/band.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { valueText } from '../../metrics/index.ts';
import { loss } from '../../metrics/loss.ts';
import { comparisonRow, tableUnit } from '../../results/comparison-row.ts';
import { jackknifeInterval } from '../../statistics/jackknife.ts';
import { mean } from '../../statistics/student.ts';
import { nameOfRecord } from '../config/catalog-words.ts';
import { bySeed, datasetOf, distinctGroups, requireOneBase, valuesOf } from '../config/composing.ts';
import { defineStudy, type StudyAdapter, type StudyTable, type StudyWords } from '../define-study.ts';
import { describeMetric, judgedWords, metricOfForm, shownMetrics } from '../scores/judged-metric.ts';
import { metricAt, ofMetric } from '../scores/point-score.ts';
import {
  type Estimate,
  joinedLabel,
  judgedEstimate,
  leftOutTable,
  originalMethod,
  standardMethods,
} from './connectivity.ts';
import { interpolationFigure } from './interpolation-figures.ts';
import {
  curveMethods,
  curvesOf,
  type InterpolationConfig,
  type InterpolationCurve,
  type InterpolationPair,
  type InterpolationResult,
  interpolationConfigSchema,
  interpolationDeclaration,
  interpolationResultSchema,
  middleOf,
} from './interpolation-schemas.ts';

/** The metric along the line between two adapters of one base (linear mode connectivity). */
export const interpolationStudy = defineStudy({
  kind: 'interpolation',
  formerKinds: ['lambda'],
  declaration: interpolationDeclaration,
  takes: 'adapters',
  offeredBy: { page: 'merge', action: 'Interpolate' },
  configSchema: interpolationConfigSchema,
  resultSchema: interpolationResultSchema,
  compose(input) {
    requireOneBase(input.adapters);
    const { points, pairs, method, metric, seed } = valuesOf(interpolationDeclaration, input);
    const further = method !== null && !standardMethods.some((id) => id === method);
    return {
      kind: 'interpolation' as const,
      dataset: datasetOf(input),
      eval_samples: input.eval_samples,
      metric: metricOfForm(metric),
      points: Number(points),
      method: further ? String(method) : null,
      parameters: further ? (input.methodParameters ?? {}) : {},
      seed: Number(seed),
      pairs: pairsOf(input.adapters, pairs === 'disjoint').map(({ from, to, ...pair }) => ({
        ...pair,
        from: { adapterId: from.id },
        to: { adapterId: to.id },
      })),
    };
  },
  references: ({ pairs }) => pairs.flatMap(({ from, to }) => [from, to]),
  describeConfig: ({ points, dataset, pairs, metric, ...config }, words) => [
    { label: 'Data', value: nameOfRecord(dataset, words) },
    { label: 'Curves', value: curveMethods(config).map(words.mergeMethod).join(', ') },
    { label: 'Points', value: `${points} from λ = 0 to 1, ${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'}` },
    ...describeMetric(metric),
  ],
  table: (result, config, words) => [
    groupTable(result, config, words),
    ...pairTable(result, config, words),
    ...leftOutTable(config.left_out, (at) => joinedLabel(config.pairs[at]), words),
  ],
  figures: (result, config, words) =>
    shownMetrics(result.metric).map((metric) => ({
      name:
        metric === loss.id ? 'Loss between two adapters' : `${judgedWords(metric).title} along the interpolation path`,
      draw: (theme) => interpolationFigure(result, config, words, theme, metric),
    })),
  comparison({ pairs, metric: judged }) {
    const rowsOf = (method: string, suffix: string, label: string) => {
      const of = (value: (curve: InterpolationCurve) => number) => (coto: boolean) =>
        pairs
          .filter((pair) => pair.coto === coto)
          .flatMap(({ curves }) =>
            curves.filter((curve) => (originalMethod(curve.method) ?? 'factor-average') === method),
          )
          .map((curve) => ({ seed: null, value: value(curve) }));
      return shownMetrics(judged).map((metric) => {
        const unit = tableUnit(metric);
        return comparisonRow(
          `barrier/${metric}${suffix}`,
          `${label}, ${judgedWords(metric).name}`,
          unit === 'percent' ? 'points' : unit,
          'lower',
          of(({ barriers }) => ofMetric(barriers, metric).line.value),
        );
      });
    };
    return [
      ...rowsOf('factor-average', '', 'Interpolation barrier'),
      ...rowsOf('weight-average', '/weight-average', 'Interpolation barrier of ΔW'),
    ].filter(({ lora, coto }) => lora.mean !== null || coto.mean !== null);
  },
});

interface ComposedPair {
  readonly label: string;
  readonly name: string;
  readonly coto: boolean;
  readonly from: StudyAdapter;
  readonly to: StudyAdapter;
}

/** Any two adapters, or the pairs within each of several groups, which are overlaid. @throws StudioError refused */
function pairsOf(adapters: readonly StudyAdapter[], disjoint: boolean): ComposedPair[] {
  const [first, second] = adapters;
  if (first === undefined || second === undefined)
    throw new StudioError(
      'refused',
      'Interpolation needs two adapters: with one there is no line.',
      'Choose two adapters of one task, or two or more seeds of each kind.',
    ).at('adapters');
  if (adapters.length === 2) {
    const same = first.group === second.group || first.label === second.label;
    const coto = first.coto && second.coto;
    return [{ label: same ? first.label : `${first.name} – ${second.name}`, name: '', coto, from: first, to: second }];
  }
  const groups = distinctGroups(bySeed(adapters));
  const alone = groups.find((group) => group.adapters.length < 2)?.adapters[0];
  if (alone)
    throw new StudioError(
      'refused',
      `Interpolation needs two or more adapters of each kind, and "${alone.name}" is the only one of its kind.`,
      'Leave it out, or choose another seed of it.',
    ).at('adapters');
  return groups.flatMap(({ label, coto, adapters: members }) =>
    (disjoint ? neighbors(members) : everyPair(members)).map(([from, to]) => ({
      label,
      name: nameOf(from, to),
      coto,
      from,
      to,
    })),
  );
}

function everyPair<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((first, index) => items.slice(index + 1).map((second): [T, T] => [first, second]));
}

/** The first with the second, the third with the fourth, …; an odd one is left out. */
function neighbors<T>(items: readonly T[]): [T, T][] {
  return everyPair(items.slice(0, 2)).concat(items.length > 3 ? neighbors(items.slice(2)) : []);
}

function nameOf(from: StudyAdapter, to: StudyAdapter): string {
  return from.seed === to.seed ? `${from.name} – ${to.name}` : `seeds ${from.seed}, ${to.seed}`;
}

function barrierColumns(judged: string) {
  return shownMetrics(judged).flatMap((metric) => {
    const { title, points } = judgedWords(metric);
    return [
      { label: axisTitle(`${title} barrier from line`, points), numeric: true },
      { label: axisTitle('from mean of ends', points), numeric: true },
    ];
  });
}

/** Each group by each method: means over its pairs, with an interval over three or more of them. */
function groupTable(
  { pairs, examples, metric: judged }: InterpolationResult,
  config: InterpolationConfig,
  words: StudyWords,
): StudyTable {
  const { unit, points } = judgedWords(judged);
  const most = Math.max(0, ...bySeries(pairs).map(({ entries }) => entries.length));
  const over =
    most > 2
      ? ' [95 % interval over pairs]'
      : most === 1 && pairs.some(hasInterval)
        ? ` [95 % over ${examples} examples]`
        : '';
  return {
    title: `Barriers${over}`,
    columns: [
      { label: 'Group' },
      { label: 'Curve' },
      { label: 'Pairs', numeric: true },
      { label: axisTitle('λ = ½', unit), numeric: true },
      ...barrierColumns(judged),
      { label: axisTitle('½ minus ensemble', points), numeric: true },
    ],
    rows: bySeries(pairs).flatMap(({ label, entries }) =>
      methodsOf(entries.map(({ entry }) => entry)).map((method) => {
        const drawn = curvesOf(entries, method, config);
        const curves = drawn.map(({ curve }) => curve);
        const average = (of: (curve: InterpolationCurve) => Estimate | undefined) =>
          overPairs(drawn.map(({ curve, units }) => ({ interval: of(curve), units })));
        const against = average(({ againstEnsemble }) =>
          againstEnsemble === null ? undefined : ofMetric(againstEnsemble, judged),
        );
        return {
          cells: [
            label,
            words.mergeMethod(method ?? config.method ?? 'factor-average'),
            String(curves.length),
            valueText(judged, mean(curves.map(({ points }) => metricAt(points, middleOf(points), judged)))),
            ...shownMetrics(judged).flatMap((metric) =>
              (['line', 'mean'] as const).map((from) => {
                const height = average(({ barriers }) => ofMetric(barriers, metric)[from]);
                return height === null ? '–' : judgedEstimate(metric, height, 2);
              }),
            ),
            against === null ? '–' : judgedEstimate(judged, against, 2),
          ],
        };
      }),
    ),
  };
}

/** One pair keeps its own interval, three or more have one over pairs, two have none. */
function overPairs(values: readonly { interval: Estimate | undefined; units: readonly string[] }[]): Estimate | null {
  const known = values.flatMap(({ interval, units }) => (interval === undefined ? [] : [{ interval, units }]));
  const [first] = known;
  if (first === undefined || known.length === 1) return first?.interval ?? null;
  const { mean: value, halfWidth } = jackknifeInterval(
    known.map(({ interval }) => interval.value),
    known.map(({ units }) => units),
  );
  if (known.length < 3 || halfWidth === null) return { value, low: null, high: null };
  return { value, low: value - halfWidth, high: value + halfWidth };
}

/** Every pair of its own, where groups have several. */
function pairTable(
  { pairs, metric: judged }: InterpolationResult,
  config: InterpolationConfig,
  words: StudyWords,
): StudyTable[] {
  const { unit } = judgedWords(judged);
  if (bySeries(pairs).every(({ entries }) => entries.length === 1)) return [];
  return [
    {
      title: 'Each pair',
      columns: [
        { label: 'Pair' },
        { label: 'Curve' },
        ...['λ = 0', 'λ = ½', 'λ = 1'].map((at) => ({ label: axisTitle(at, unit), numeric: true })),
        ...barrierColumns(judged),
      ],
      rows: pairs.flatMap((pair) =>
        pair.curves.map(({ method, points, barriers }) => ({
          cells: [
            joinedLabel(pair),
            words.mergeMethod(method ?? config.method ?? 'factor-average'),
            ...[0, middleOf(points), points.length - 1].map((at) => valueText(judged, metricAt(points, at, judged))),
            ...shownMetrics(judged).flatMap((metric) =>
              (['line', 'mean'] as const).map((from) => judgedEstimate(metric, ofMetric(barriers, metric)[from], 2)),
            ),
          ],
        })),
      ),
    },
  ];
}

/** Returns true if any barrier of the pair has an interval of its own. */
function hasInterval({ curves }: InterpolationPair): boolean {
  return curves.some(({ barriers }) =>
    [barriers.accuracy, barriers.loss, barriers.judged].some((one) => one != null && one.line.low !== null),
  );
}

/** Methods of the curves of several pairs, in order. */
function methodsOf(pairs: readonly InterpolationPair[]): (string | null)[] {
  return [...new Set(pairs.flatMap(({ curves }) => curves.map(({ method }) => method)))];
}
