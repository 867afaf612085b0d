import type { ReliabilityBin } from '../domain/evaluation/evaluation.ts';
import { plural } from '../format/numbers.ts';
import { wilsonInterval } from '../statistics/binomial.ts';
import type { Figure, FigureTheme } from './figure.ts';
import { axis, baseLayout } from './layout.ts';
import { seriesColors, themeColors } from './palette.ts';

/**
 * Reliability diagram: accuracy over confidence by bins, with the diagonal of a calibrated model. Points above the diagonal are
 * examples that the model is too unsure of.
 */
export function reliabilityFigure(bins: readonly ReliabilityBin[], theme: FigureTheme): Figure {
  const points = bins.flatMap(({ examples, confidence, accuracy }) =>
    confidence === null || accuracy === null
      ? []
      : [{ examples, confidence: 100 * confidence, accuracy: 100 * accuracy, ...ends(accuracy, examples) }],
  );
  const total = points.reduce((sum, { examples }) => sum + examples, 0);
  const { quiet } = themeColors(theme);
  return {
    data: [
      {
        type: 'scatter',
        mode: 'lines',
        name: 'calibrated',
        x: [0, 100],
        y: [0, 100],
        line: { color: quiet, width: 1, dash: 'dot' },
        hoverinfo: 'skip',
      },
      {
        type: 'scatter',
        mode: 'markers',
        name: 'test examples',
        x: points.map(({ confidence }) => confidence),
        y: points.map(({ accuracy }) => accuracy),
        text: points.map(({ examples }) => plural(examples, 'example')),
        // The area of a point is in proportion to its examples.
        marker: {
          color: seriesColors(theme).coto,
          size: points.map(({ examples }) => 5 + 20 * Math.sqrt(examples / total)),
        },
        error_y: {
          type: 'data',
          symmetric: false,
          array: points.map(({ accuracy, high }) => high - accuracy),
          arrayminus: points.map(({ accuracy, low }) => accuracy - low),
          color: quiet,
          thickness: 1,
          width: 3,
        },
        hovertemplate: 'confidence %{x:.1f} %, right %{y:.1f} %, %{text}<extra></extra>',
      },
    ],
    layout: baseLayout(theme, 'Reliability', {
      hovermode: 'closest',
      xaxis: axis(theme, 'confidence (%)', { range: [-2, 102] }),
      yaxis: axis(theme, 'right (%)', { range: [-4, 104] }),
    }),
    caption: `${plural(total, 'test example')} in ${bins.length} equal bins of the probability of the predicted class; larger points have more examples. Bars: 95 % interval over the examples of a bin. A calibrated model lies on the dotted line.`,
  };
}

function ends(accuracy: number, examples: number): { low: number; high: number } {
  const { low, high } = wilsonInterval(accuracy, examples);
  return { low: 100 * low, high: 100 * high };
}
