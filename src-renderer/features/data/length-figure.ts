import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { type Figure, type FigureTheme, plainText } from '../../../src-shared/figures/index.ts';
import { axis, baseLayout } from '../../../src-shared/figures/layout.ts';
import { neutralColors } from '../../../src-shared/figures/palette.ts';
import { dataStrings } from '../../strings/data.ts';
import { binLengths, type LengthSummary, summarizeLengths } from './tokens.ts';

/** Tokens of a window where a run does not say otherwise. */
const windowLength = taskSettingsSchema.parse({}).max_seq_length;

interface Lengths {
  readonly lengths: readonly number[];
  readonly modelName: string;
  /** Tokens that the model reads at most. */
  readonly maxPositions: number;
  /** True if longer texts are read in windows instead of truncated. */
  readonly isInWindows?: boolean;
}

/** Draws the number of examples by token count, for choosing max_length. Neutral grey: examples are no run. */
export function lengthFigure(measured: Lengths, theme: FigureTheme): Figure {
  const { lengths, modelName } = measured;
  const { width, counts } = binLengths(lengths);
  const summary = summarizeLengths(lengths);
  const from = counts.map((_, bar) => bar * width);
  return {
    data: [
      {
        type: 'bar',
        name: 'examples',
        x: from.map((start) => start + width / 2),
        y: [...counts],
        width: width * 0.92,
        marker: { color: neutralColors(theme).main },
        customdata: from.map((start) => (width === 1 ? `${start}` : `${start} to ${start + width - 1}`)),
        hovertemplate: '%{y} examples of %{customdata} tokens<extra></extra>',
      },
    ],
    layout: baseLayout(theme, 'Token length', {
      margin: { l: 56, r: 24, t: 44, b: 44 },
      hovermode: 'closest',
      bargap: 0.08,
      xaxis: axis(theme, `tokens, as ${plainText(modelName)} reads them`, { rangemode: 'tozero', showgrid: false }),
      yaxis: axis(theme, 'examples', { rangemode: 'tozero' }),
    }),
    caption: summary === null ? '' : captionOf(summary, measured),
  };
}

function captionOf(
  { median, most95, longest }: LengthSummary,
  { lengths, modelName, maxPositions, isInWindows = false }: Lengths,
): string {
  const cut = Math.min(isInWindows ? windowLength : most95, maxPositions);
  const truncated = lengths.filter((length) => length > cut).length;
  return [
    dataStrings.lengths(lengths.length, median, most95, longest),
    isInWindows ? dataStrings.inWindows(truncated, cut) : dataStrings.truncates(cut, truncated),
    dataStrings.context(modelName, maxPositions),
  ].join(' ');
}
