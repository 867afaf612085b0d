import { bandTrace } from '../../figures/band.ts';
import { evaluationRange } from '../../figures/evaluation-range.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import {
  axis,
  baseLayout,
  colorbar,
  type LineEnd,
  legendAbove,
  legendMargin,
  lineEnds,
  marginFor,
  paddedRange,
} from '../../figures/layout.ts';
import { seriesKey, studyStyles, themeColors } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { formatFixed } from '../../format/numbers.ts';
import {
  differenceUnit,
  type ExampleMetricId,
  hoverFormat,
  isPercentage,
  metricName,
  metricUnit,
} from '../../metrics/index.ts';
import { sampledNodes } from '../../statistics/mask-choice.ts';
import { seriesName } from '../config/composing.ts';
import type { StudyFigure } from '../define-study.ts';
import { signOf, withInterval } from './contribution-format.ts';
import type { AdapterContribution, ContributionResult, IntervalValue } from './contribution-schemas.ts';

/** Heat map, values with intervals, dropout stability, and for each adapter its pairs and its curves over p. */
export function contributionFigures(result: ContributionResult): StudyFigure[] {
  const each = result.adapters.length > 1;
  const named = (what: string, adapter: AdapterContribution) => (each ? `${what}: ${seriesName(adapter)}` : what);
  const maps =
    result.unit === 'module'
      ? result.adapters.map((adapter) => ({
          name: named('Contribution by module', adapter),
          draw: (theme: FigureTheme) => moduleMap(result, adapter, theme),
        }))
      : [{ name: 'Contribution map', draw: (theme: FigureTheme) => adapterMap(result, theme) }];
  return [
    ...maps,
    { name: 'Values with intervals', draw: (theme) => valueFigure(result, theme) },
    { name: 'Dropout stability', draw: (theme) => stabilityFigure(result, theme) },
    ...result.adapters.flatMap((adapter): StudyFigure[] => [
      ...(adapter.interactions === null
        ? []
        : [{ name: named('Interactions', adapter), draw: (theme: FigureTheme) => pairMap(result, adapter, theme) }]),
      ...(adapter.curves === null
        ? []
        : [
            {
              name: named('Curves over p', adapter),
              draw: (theme: FigureTheme) => curveFigure(result, adapter, theme),
            },
          ]),
    ]),
  ];
}

interface MapCell {
  readonly row: number;
  readonly column: number;
  readonly name: string;
  readonly value: IntervalValue;
}

interface MapText {
  readonly title: string;
  readonly caption: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly axes: readonly [x: string, y: string];
  readonly unit: string;
}

/** Cells whose values are written into the map; more would not be readable. */
const writtenCells = 80;

/** Diverging heat map centered on zero, with intervals in the hover and, where they fit, the values in the cells. */
function heatMap(cells: readonly MapCell[], metric: ExampleMetricId, text: MapText, theme: FigureTheme): Figure {
  const { scale, digits } = metricUnit(metric);
  const { title, caption, rows, columns, axes, unit } = text;
  const at = (row: number, column: number) => cells.find((cell) => cell.row === row && cell.column === column);
  const grid = <Value>(of: (cell: MapCell) => Value) =>
    rows.map((_, row) =>
      columns.map((_column, column) => {
        const cell = at(row, column);
        return cell === undefined ? null : of(cell);
      }),
    );
  const largest = Math.max(1e-9, ...cells.map(({ value }) => Math.abs(scale * value.value)));
  const trace: FigureObject = {
    type: 'heatmap',
    name: title,
    x: columns.map((_, column) => column),
    y: rows.map((_, row) => row),
    z: grid(({ value }) => scale * value.value),
    text: grid(({ value }) => formatFixed(scale * value.value, digits)),
    hovertext: grid(({ name, value }) => `${plainText(name)}: ${withInterval(value, metric)} ${unit}`),
    hovertemplate: '%{hovertext}<extra></extra>',
    ...(cells.length <= writtenCells ? { texttemplate: '%{text}', textfont: { size: 10 } } : {}),
    hoverongaps: false,
    zmin: -largest,
    zmax: largest,
    zmid: 0,
    colorscale: [
      [0, '#D55E00'],
      [0.5, theme.dark ? '#2b2f36' : '#f3f3f0'],
      [1, '#0072B2'],
    ],
    xgap: 1,
    ygap: 1,
    colorbar: colorbar(theme, unit),
  };
  const ticks = (labels: readonly string[]) => ({
    tickvals: labels.map((_, place) => place),
    ticktext: labels.map(plainText),
    showgrid: false,
    zeroline: false,
  });
  return {
    data: [trace],
    layout: baseLayout(theme, title, {
      hovermode: 'closest',
      margin: { l: 96, r: 64, t: 44, b: 48 },
      xaxis: axis(theme, axes[0], ticks(columns)),
      yaxis: axis(theme, axes[1], ticks(rows)),
    }),
    caption,
  };
}

/** Adapters × layers, or × types of modules. */
function adapterMap(result: ContributionResult, theme: FigureTheme): Figure {
  const { adapters, metric, unit } = result;
  const difference = differenceUnit(metric);
  const columns = [...new Set(adapters.flatMap(({ groups }) => groups.map(({ name }) => name)))];
  const cells = adapters.flatMap((adapter, row) =>
    adapter.groups.map(({ name, shapley }) => ({
      row,
      column: columns.indexOf(name),
      name: `${seriesName(adapter)}, ${name}`,
      value: shapley,
    })),
  );
  const isLayer = unit === 'layer';
  const text = {
    title: `Shapley value of each ${isLayer ? 'layer' : 'type of module'}`,
    caption: captionOf(result),
    rows: adapters.map(seriesName),
    columns: columns.map((name) => name.replace(/^layer /, '')),
    axes: [isLayer ? 'layer, from the input up' : 'type of module', ''] as const,
    unit: difference,
  };
  return heatMap(cells, result.metric, text, theme);
}

/** Types of modules × layers of one adapter. */
function moduleMap(result: ContributionResult, adapter: AdapterContribution, theme: FigureTheme): Figure {
  const difference = differenceUnit(result.metric);
  const layers = [...new Set(adapter.groups.flatMap((group) => group.layers))].sort((one, other) => one - other);
  const types = [...new Set(adapter.groups.map(({ type, name }) => type ?? name))];
  const cells = adapter.groups.map(({ name, type, layers: [layer = 0], shapley }) => ({
    row: types.indexOf(type ?? name),
    column: layers.indexOf(layer),
    name,
    value: shapley,
  }));
  const text = {
    title: `Shapley value of each module, ${seriesName(adapter)}`,
    caption: captionOf(result),
    rows: types,
    columns: layers.map(String),
    axes: ['layer, from the input up', ''] as const,
    unit: difference,
  };
  return heatMap(cells, result.metric, text, theme);
}

function pairMap(result: ContributionResult, adapter: AdapterContribution, theme: FigureTheme): Figure {
  const difference = differenceUnit(result.metric);
  const names = adapter.groups.map(({ name }) => name);
  const cells = (adapter.interactions ?? []).flatMap((row, first) =>
    row.flatMap((value, second) =>
      first === second ? [] : [{ row: first, column: second, name: `${names[first]} with ${names[second]}`, value }],
    ),
  );
  const short = names.map((name) => name.replace(/^layer /, ''));
  const text = {
    title: `What pairs do together, ${seriesName(adapter)}`,
    caption: `Shapley interaction index of each pair on ${result.examples} test examples: positive where two units are worth more together than apart, negative where one can replace the other. ${intervalsOver(result)}`,
    rows: short,
    columns: short,
    axes: ['', ''] as const,
    unit: difference,
  };
  return heatMap(cells, result.metric, text, theme);
}

function valueFigure(result: ContributionResult, theme: FigureTheme): Figure {
  const { adapters, metric } = result;
  const { scale } = metricUnit(metric);
  const difference = differenceUnit(metric);
  const { quiet } = themeColors(theme);
  const styles = studyStyles(adapters, theme);
  const columns = [...new Set(adapters.flatMap(({ groups }) => groups.map(({ name }) => name)))];
  const data = adapters.map((adapter, series): FigureObject => {
    const style = styles.get(seriesKey(adapter));
    const offset = 0.6 * ((series + 0.5) / adapters.length - 0.5);
    return {
      type: 'scatter',
      mode: 'markers',
      name: plainText(seriesName(adapter)),
      x: adapter.groups.map(({ name }) => columns.indexOf(name) + offset),
      y: adapter.groups.map(({ shapley }) => scale * shapley.value),
      error_y: {
        type: 'data',
        array: adapter.groups.map(({ shapley }) => scale * (shapley.halfWidth ?? 0)),
        thickness: 1.2,
        width: 3,
      },
      text: adapter.groups.map(
        ({ name, shapley }) =>
          `${plainText(`${seriesName(adapter)}, ${name}`)}: ${withInterval(shapley, metric)} ${difference}`,
      ),
      marker: { size: 7, color: style?.color ?? quiet, symbol: style?.dash === 'solid' ? 'circle' : 'diamond' },
      hovertemplate: '%{text}<extra></extra>',
    };
  });
  return {
    data,
    layout: baseLayout(theme, 'Shapley values with their intervals', {
      hovermode: 'closest',
      showlegend: adapters.length > 1,
      legend: legendAbove(theme),
      margin: { l: 56, r: 24, t: legendMargin, b: 48 },
      xaxis: axis(theme, result.unit === 'module-type' ? '' : `${result.unit}, from the input up`, {
        ...unitTicks(result, columns),
        showgrid: false,
      }),
      yaxis: axis(theme, `Shapley value (${difference})`, { zeroline: true, zerolinecolor: quiet }),
    }),
    caption: captionOf(result),
  };
}

/** Names of the units; of many modules only where a layer begins. */
function unitTicks({ unit, adapters }: ContributionResult, columns: readonly string[]): FigureObject {
  if (unit !== 'module')
    return {
      tickvals: columns.map((_, place) => place),
      ticktext: columns.map((name) => plainText(name.replace(/^layer /, ''))),
    };
  const layerOf = new Map(adapters.flatMap(({ groups }) => groups.map(({ name, layers }) => [name, layers[0] ?? 0])));
  const starts = columns.flatMap((name, place) =>
    place === 0 || layerOf.get(name) !== layerOf.get(columns[place - 1] ?? '') ? [place] : [],
  );
  return { tickvals: starts, ticktext: starts.map((place) => `layer ${layerOf.get(columns[place] ?? '')}`) };
}

function stabilityFigure(result: ContributionResult, theme: FigureTheme): Figure {
  const { adapters, metric } = result;
  const { scale, unit } = metricUnit(metric);
  const format = hoverFormat(metric);
  const sign = signOf(metric);
  const styles = studyStyles(adapters, theme);
  const data: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const all: number[] = [];
  for (const adapter of adapters) {
    const style = styles.get(seriesKey(adapter));
    if (style === undefined) continue;
    const { stability } = adapter;
    const x = stability.map(({ active }) => active);
    const curve = (key: 'mean' | 'low' | 'high') => stability.map((point) => sign * scale * point[key]);
    const [mean, low, high] = [curve('mean'), curve('low'), curve('high')];
    data.push(bandTrace(`${plainText(seriesName(adapter))}: subsets`, x, { low, high }, style.color));
    data.push({
      type: 'scatter',
      mode: 'lines+markers',
      name: plainText(seriesName(adapter)),
      x,
      y: mean,
      customdata: stability.map(({ masks }, point) => [low[point] ?? null, high[point] ?? null, masks]),
      line: { width: 2, color: style.color, dash: style.dash },
      marker: { size: 5, color: style.color },
      hovertemplate: `%{y:${format}} (%{customdata[0]:${format}} to %{customdata[1]:${format}}, %{customdata[2]} subsets)`,
    });
    all.push(...low, ...high);
    ends.push({ label: seriesName(adapter), style, x: x.at(-1) ?? 0, y: mean.at(-1) ?? Number.NaN });
  }
  const range = isPercentage(metric) ? evaluationRange(all, result.examples) : paddedRange(all);
  return {
    data,
    layout: baseLayout(theme, 'Dropout stability: the score with only some adapters on', {
      margin: { l: 56, r: marginFor(ends.map(({ label }) => label)), t: 44, b: 48 },
      xaxis: axis(theme, `${result.unit === 'layer' ? 'layers' : 'units'} whose adapters are on`, {
        range: [-0.2, Math.max(1, ...ends.map(({ x }) => x)) + 0.2],
      }),
      yaxis: axis(theme, axisTitle(`test ${metricName(metric)}`, unit), { range: [...range] }),
      annotations: lineEnds(theme, ends, range),
    }),
    caption: `Mean over ${adapters.every(({ exact }) => exact) ? 'all' : 'the sampled'} subsets of each size, on ${result.examples} test examples; the band spans 5 % to 95 % of the subsets, which is no interval of the mean.`,
  };
}

/** Perceptual colors from dark to light, for curves in the order of layers. */
const ramp = ['#440154', '#414487', '#2a788e', '#22a884', '#7ad151', '#b8a30c'] as const;

function curveFigure(result: ContributionResult, adapter: AdapterContribution, theme: FigureTheme): Figure {
  const { scale } = metricUnit(result.metric);
  const difference = differenceUnit(result.metric);
  const { quiet } = themeColors(theme);
  const { p = [], marginals = [] } = adapter.curves ?? {};
  const { groups } = adapter;
  const colorOf = (group: number) => ramp[Math.floor((group * ramp.length) / Math.max(1, groups.length))] ?? quiet;
  const data = marginals.map(
    (row, group): FigureObject => ({
      type: 'scatter',
      mode: 'lines',
      name: plainText(groups[group]?.name ?? ''),
      x: [...p],
      y: row.map((value) => scale * value),
      line: { width: 1.6, color: colorOf(group), dash: group % 2 === 0 ? 'solid' : 'dash' },
      hovertemplate: `%{y:${hoverFormat(result.metric, 1)}}`,
    }),
  );
  const range = paddedRange(marginals.flat().map((value) => scale * value));
  const ends = marginals.map((row, group) => ({
    label: groups[group]?.name ?? '',
    style: { color: colorOf(group), dash: 'solid', pattern: '' },
    x: p.at(-1) ?? 1,
    y: scale * (row.at(-1) ?? Number.NaN),
  }));
  const isShown = ends.length <= 16;
  return {
    data,
    layout: baseLayout(theme, `What each unit adds when others are on with probability p, ${seriesName(adapter)}`, {
      margin: { l: 56, r: isShown ? marginFor(ends.map(({ label }) => label)) : 24, t: 44, b: 48 },
      xaxis: axis(theme, 'p, the probability that another unit is on', { range: [-0.01, 1.01] }),
      yaxis: axis(theme, `expected contribution (${difference})`, {
        range: [...range],
        zeroline: true,
        zerolinecolor: quiet,
      }),
      annotations: isShown ? lineEnds(theme, ends, range) : [],
    }),
    caption: curveCaption(result, adapter),
  };
}

function curveCaption({ examples }: ContributionResult, { exact }: AdapterContribution): string {
  const begin = `Expected marginal contribution e(p) on ${examples} test examples; the area under a curve is the Shapley value`;
  return exact
    ? `${begin}, its height at p = ½ the Banzhaf value, and its ends are the contributions alone and left out.`
    : `${begin}, of which the sets at ${sampledNodes} values of p were sampled.`;
}

function captionOf(result: ContributionResult): string {
  const { metric, examples } = result;
  const what = `${signOf(metric) < 0 ? 'negative ' : ''}${metricName(metric)}`;
  return `Shares of v(all) − v(none), v the ${what} on ${examples} test examples; positive values help. ${intervalsOver(result)}`;
}

function intervalsOver({ adapters, blocks }: ContributionResult): string {
  if (blocks < 2 && adapters.every(({ exact }) => exact)) return 'Single block of examples: no confidence interval.';
  const sampled = adapters.every(({ exact }) => exact) ? '' : ' and the sampled subsets';
  return `95 % intervals over the examples (Student's t over ${blocks} blocks)${sampled}; seeds are not in them.`;
}
