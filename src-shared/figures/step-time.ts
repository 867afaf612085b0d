import { bySeries } from './band.ts';
import { barSeries } from './bars.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout, intervalCaption } from './layout.ts';
import { seriesKey, studyStyles } from './palette.ts';

export interface StepTimeRun {
  readonly id: string;
  readonly label: string;
  readonly coto: boolean;
  readonly seed: number;
  readonly meanStepMilliseconds: number;
}

/** Mean wall-clock time of an optimizer step with and without CoTo. `customdata` of a point is the run's id. */
export function stepTimeFigure(runs: readonly StepTimeRun[], theme: FigureTheme): Figure {
  const series = bySeries(runs);
  const styles = studyStyles(runs, theme);
  const data: FigureObject[] = [];
  series.forEach((group, position) => {
    const style = styles.get(seriesKey(group));
    if (style === undefined) return;
    const points = group.entries.map(({ entry }) => ({
      value: entry.meanStepMilliseconds,
      customdata: entry.id,
      name: `${group.label}, seed ${entry.seed}`,
    }));
    // Each series is a category of its own here: its name is below its bar and no legend is needed.
    const categories = series.map((_, category) => (category === position ? points : []));
    data.push(...barSeries(group.label, style, categories, 0, 1, theme, 'ms'));
  });
  const slowest = Math.max(1, ...runs.map((run) => run.meanStepMilliseconds));
  const seeds = Math.max(0, ...series.map((group) => group.entries.length));
  return {
    data,
    layout: baseLayout(theme, 'Step time', {
      hovermode: 'closest',
      barmode: 'overlay',
      xaxis: axis(theme, '', {
        tickvals: series.map((_, index) => index),
        ticktext: series.map((group) => plainText(group.label)),
        range: [-0.5, Math.max(1, series.length) - 0.5],
        showgrid: false,
      }),
      // An interval of few runs can be wider than the bar is high: the bars and points decide what is shown.
      yaxis: axis(theme, 'mean step time (ms)', { range: [0, 1.25 * slowest] }),
    }),
    caption: `Wall-clock time of whole optimizer steps, evaluation left out. ${intervalCaption(seeds)}`,
  };
}
