import type { Mergeability, PairMeasures } from '../domain/merging/mergeability.ts';
import { formatFixed } from '../format/numbers.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout, colorbar } from './layout.ts';

/** Measures that a map may show, each centered on the mean value of random adapters. */
export const mergeabilityMaps = [
  { value: 'excess', label: 'Overlap beyond random' },
  { value: 'conflict', label: 'Sign conflict' },
  { value: 'cosine', label: 'Cosine' },
  { value: 'balance', label: 'Norm balance' },
] as const;
export type MergeabilityMap = (typeof mergeabilityMaps)[number]['value'];

const maps: Record<
  MergeabilityMap,
  {
    readonly of: (measures: PairMeasures) => number;
    /** Null: as far to both sides of 0 as the values go. */
    readonly range: readonly [number, number] | null;
    readonly title: string;
    readonly caption: string;
  }
> = {
  excess: {
    of: ({ overlap, expected }) => overlap - expected,
    range: null,
    title: 'Shared directions by layer',
    caption:
      'Mean cos² of the principal angles between the subspaces that the adapters read and write, minus its mean for random subspaces of these ranks.',
  },
  conflict: {
    of: ({ conflict }) => conflict,
    range: [0, 1],
    title: 'Opposite signs by layer',
    caption:
      'Share of what both adapters change that they change in opposite directions, from a seeded sample of entries; one half for random signs.',
  },
  cosine: {
    of: ({ cosine }) => cosine,
    range: null,
    title: 'Agreement by layer',
    caption: 'Cosine of the two ΔW as vectors; 0 in the mean for random directions.',
  },
  balance: {
    of: ({ balance }) => balance,
    range: [0, 1],
    title: 'Balance of norms by layer',
    caption: 'Smaller over larger norm of the weighted ΔW: 1 where both count alike.',
  },
};

/** Layer × pair heat map of adapters that are to be merged, the layer next to the input at the bottom. */
export function mergeabilityFigure(result: Mergeability, map: MergeabilityMap, theme: FigureTheme): Figure {
  const { of, range, title, caption } = maps[map];
  const { names, layers, pairs, cells } = result;
  const values = cells.map((row) => row.map((measures) => (measures ? of(measures) : null)));
  const [low, high] = range ?? around(values.flat().flatMap((value) => value ?? []));
  const labels = pairs.map(({ first, second }) => `${first + 1} · ${second + 1}`);
  const rows = layers.map((layer) => (layer === null ? 'other' : String(layer)));
  const trace: FigureObject = {
    type: 'heatmap',
    name: title,
    x: pairs.map((_, pair) => pair),
    y: layers.map((_, row) => row),
    z: values,
    text: cells.map((row, at) => row.map((measures, pair) => cellText(result, at, pair, measures))),
    hovertemplate: '%{text}<extra></extra>',
    hoverongaps: false,
    zmin: low,
    zmax: high,
    zmid: (low + high) / 2,
    colorscale: [
      [0, '#0072B2'],
      [0.5, theme.dark ? '#2b2f36' : '#f3f3f0'],
      [1, '#D55E00'],
    ],
    xgap: 1,
    ygap: 1,
    colorbar: colorbar(theme, '', { tickvals: [low, (low + high) / 2, high], len: 0.6 }),
  };
  return {
    data: [trace],
    layout: baseLayout(theme, title, {
      hovermode: 'closest',
      margin: { l: 64, r: 64, t: 44, b: 48 },
      xaxis: axis(theme, 'pair of adapters', {
        tickvals: labels.map((_, pair) => pair),
        ticktext: labels,
        showgrid: false,
        zeroline: false,
      }),
      yaxis: axis(theme, 'layer', {
        tickvals: rows.map((_, row) => row),
        ticktext: rows,
        showgrid: false,
        zeroline: false,
      }),
    }),
    caption: `${caption} Adapters: ${names.map((name, index) => `${index + 1} ${name}`).join(', ')}.`,
  };
}

/** A tenth at least: differences that are nothing must not look like something. */
function around(values: readonly number[]): readonly [number, number] {
  const reach = Math.max(0.1, ...values.map(Math.abs));
  const limit = Math.min(1, Math.ceil(10 * reach) / 10);
  return [-limit, limit];
}

function cellText(
  { names, layers, pairs }: Mergeability,
  at: number,
  pair: number,
  measures: PairMeasures | null,
): string {
  const { first = 0, second = 0 } = pairs[pair] ?? {};
  const layer = layers[at];
  const where = layer === null || layer === undefined ? 'outside the layers' : `layer ${layer}`;
  const who = plainText(`${names[first] ?? ''} · ${names[second] ?? ''}`);
  if (measures === null) return `${who}, ${where}: no module in common`;
  const { overlap, expected, deviations, cosine, conflict, balance } = measures;
  return [
    `${who}, ${where}`,
    `overlap ${overlap.toFixed(3)} (random ${expected.toFixed(3)}, ${formatFixed(deviations, 1)} standard deviations)`,
    `sign conflict ${(100 * conflict).toFixed(0)} %`,
    `cosine ${formatFixed(cosine, 3)}`,
    `norm balance ${balance.toFixed(2)}`,
  ].join('<br>');
}
