import { StudioError } from '../contract/errors.ts';
import { bySeries } from '../figures/band.ts';
import { comparisonRow } from '../results/comparison-row.ts';
import { jackknifeInterval } from '../statistics/jackknife.ts';
import { mean } from '../statistics/student.ts';
import { nameOfRecord } from './catalog-words.ts';
import { bySeed, datasetOf, distinctGroups, percent, requireOneBase, valuesOf } from './composing.ts';
import { type Estimate, estimateText, joinedLabel, leftOutTable, standardMethods, stoodFor } from './connectivity.ts';
import { defineStudy, type StudyAdapter, type StudyTable, type StudyWords } from './define-study.ts';
import { interpolationFigure } from './interpolation-figures.ts';
import {
  curveMethods,
  curvesOf,
  type InterpolationConfig,
  type InterpolationCurve,
  type InterpolationPair,
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
    const { points, pairs, method, seed } = valuesOf(interpolationDeclaration, input);
    const further = method !== null && !standardMethods.some((id) => id === method);
    return {
      kind: 'interpolation' as const,
      dataset: datasetOf(input),
      eval_samples: input.eval_samples,
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
  describeConfig: ({ points, dataset, pairs, ...config }, words) => [
    { label: 'Data', value: nameOfRecord(dataset, words) },
    { label: 'Curves', value: curveMethods(config).map(words.mergeMethod).join(', ') },
    { label: 'Points', value: `${points} from λ = 0 to 1, ${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'}` },
  ],
  table: ({ pairs, examples }, config, words) => [
    groupTable(pairs, examples, config, words),
    ...pairTable(pairs, config, words),
    ...leftOutTable(config.left_out, (at) => joinedLabel(config.pairs[at]), words),
  ],
  figures: (result, config, words) => [
    {
      name: 'Accuracy along the interpolation path',
      draw: (theme) => interpolationFigure(result, config, words, theme),
    },
    { name: 'Loss between two adapters', draw: (theme) => interpolationFigure(result, config, words, theme, 'loss') },
  ],
  comparison({ pairs }) {
    const rowsOf = (method: string, suffix: string, label: string) => {
      const of = (value: (curve: InterpolationCurve) => number) => (coto: boolean) =>
        pairs
          .filter((pair) => pair.coto === coto)
          .flatMap(({ curves }) => curves.filter((curve) => (stoodFor(curve.method) ?? 'factor-average') === method))
          .map((curve) => ({ seed: null, value: value(curve) }));
      const accuracy = of(({ barriers }) => barriers.accuracy.line.value);
      const loss = of(({ barriers }) => barriers.loss.line.value);
      return [
        comparisonRow(`barrier/accuracy${suffix}`, `${label}, accuracy`, 'points', 'lower', accuracy),
        comparisonRow(`barrier/loss${suffix}`, `${label}, loss`, 'loss', 'lower', loss),
      ];
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
    );
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
    );
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

const barrierColumns = [
  { label: 'Accuracy barrier from line (points)', numeric: true },
  { label: 'from mean of ends (points)', numeric: true },
  { label: 'Loss barrier from line (nats)', numeric: true },
  { label: 'from mean of ends (nats)', numeric: true },
];

/** Each group by each method: means over its pairs, with an interval over three or more of them. */
function groupTable(
  pairs: readonly InterpolationPair[],
  examples: number,
  config: InterpolationConfig,
  words: StudyWords,
): StudyTable {
  const most = Math.max(0, ...bySeries(pairs).map(({ entries }) => entries.length));
  const over = most > 2 ? ' [95 % interval over pairs]' : most === 1 ? ` [95 % over ${examples} examples]` : '';
  return {
    title: `Barriers${over}`,
    columns: [
      { label: 'Group' },
      { label: 'Curve' },
      { label: 'Pairs', numeric: true },
      { label: 'λ = ½ (%)', numeric: true },
      ...barrierColumns,
      { label: '½ minus ensemble (points)', numeric: true },
    ],
    rows: bySeries(pairs).flatMap(({ label, entries }) =>
      methodsOf(entries.map(({ entry }) => entry)).map((method) => {
        const drawn = curvesOf(entries, method, config);
        const curves = drawn.map(({ curve }) => curve);
        const average = (of: (curve: InterpolationCurve) => Estimate | undefined) =>
          overPairs(drawn.map(({ curve, units }) => ({ interval: of(curve), units })));
        const against = average(({ againstEnsemble }) => againstEnsemble?.accuracy);
        return {
          cells: [
            label,
            words.mergeMethod(method ?? config.method ?? 'factor-average'),
            String(curves.length),
            percent(mean(curves.map(({ points }) => points[middleOf(points)]?.accuracy ?? Number.NaN))),
            ...(['accuracy', 'loss'] as const).flatMap((metric) =>
              (['line', 'mean'] as const).map((from) => {
                const height = average(({ barriers }) => barriers[metric][from]);
                return height === null ? '–' : written(height, metric);
              }),
            ),
            against === null ? '–' : written(against, 'accuracy'),
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
function pairTable(pairs: readonly InterpolationPair[], config: InterpolationConfig, words: StudyWords): StudyTable[] {
  if (bySeries(pairs).every(({ entries }) => entries.length === 1)) return [];
  return [
    {
      title: 'Each pair',
      columns: [
        { label: 'Pair' },
        { label: 'Curve' },
        { label: 'λ = 0 (%)', numeric: true },
        { label: 'λ = ½ (%)', numeric: true },
        { label: 'λ = 1 (%)', numeric: true },
        ...barrierColumns,
      ],
      rows: pairs.flatMap((pair) =>
        pair.curves.map(({ method, points, barriers }) => ({
          cells: [
            joinedLabel(pair),
            words.mergeMethod(method ?? config.method ?? 'factor-average'),
            ...[0, middleOf(points), points.length - 1].map((at) => percent(points[at]?.accuracy ?? Number.NaN)),
            ...(['accuracy', 'loss'] as const).flatMap((metric) =>
              (['line', 'mean'] as const).map((from) => written(barriers[metric][from], metric)),
            ),
          ],
        })),
      ),
    },
  ];
}

function written(interval: Estimate, metric: 'accuracy' | 'loss'): string {
  return metric === 'accuracy' ? estimateText(interval, 100, 2) : estimateText(interval, 1, 3);
}

/** Methods of the curves of several pairs, in order. */
function methodsOf(pairs: readonly InterpolationPair[]): (string | null)[] {
  return [...new Set(pairs.flatMap(({ curves }) => curves.map(({ method }) => method)))];
}
