import type { CotoSettings } from '../domain/runs/coto.ts';
import type { ActivationShares } from '../domain/runs/run-history.ts';
import { midSentence } from '../format/mid-sentence.ts';
import { loss as lossMetric } from '../metrics/loss.ts';
import { activationTrace, foldedCaption, fullActivationMark, fullActivationStep, groupAxis } from './activation.ts';
import type { Figure, FigureObject, FigureTheme } from './figure.ts';
import { axis, verticalLine } from './layout.ts';
import { lossFigure, type MetricOptions, type MetricRun } from './metric.ts';
import { themeColors } from './palette.ts';

export interface LossStrip {
  readonly run: MetricRun;
  /** Names of the strip's rows from the input up. */
  readonly groups: readonly string[];
  /** The adapters that were on; null where the run switches none. */
  readonly shares: ActivationShares | null;
  readonly coto: CotoSettings | null;
  /** The step that a run in progress is at: a line through both parts. Null where none is to be drawn. */
  readonly now: number | null;
}

/** Share of the height that the strip takes. */
const stripShare = 0.36;

/** The training loss of a run, with the adapters that were on below it, over one axis of steps. */
export function lossStripFigure(
  input: LossStrip,
  options: Pick<MetricOptions, 'smoothing' | 'logScale'>,
  theme: FigureTheme,
): Figure {
  const { run, groups, shares, coto, now } = input;
  const loss = lossFigure([run], theme, { ...options, nameEnds: false });
  // The run's own name is the page's.
  const named = loss.data.map((trace) =>
    trace['hovertemplate'] === undefined ? trace : { ...trace, name: midSentence(lossMetric.label) },
  );
  const range = [-0.5, Math.max(1, run.totalSteps) - 0.5];
  const nowLine = now === null ? [] : [verticalLine(now, { color: themeColors(theme).text, width: 1 })];
  const margin = { l: 72, r: 64, t: 44, b: 40 };
  if (shares === null)
    return { ...loss, data: named, layout: { ...loss.layout, margin: { ...margin, l: 56, r: 24 }, shapes: nowLine } };
  const full = coto === null ? null : fullActivationStep(coto, run.totalSteps);
  const strip = activationTrace({ shares, groups, totalSteps: run.totalSteps, fullActivationStep: full }, theme, {
    yaxis: 'y2',
  });
  const colorbar = { ...objectOf(strip.trace['colorbar']), y: stripShare / 2, len: stripShare };
  const mark = fullActivationMark(full, theme, 'y2 domain');
  return {
    ...loss,
    data: [...named, { ...strip.trace, colorbar }, activeCount(shares, groups.length, theme)],
    layout: {
      ...loss.layout,
      margin,
      hovermode: 'closest',
      xaxis: axis(theme, 'optimizer step', { range, showgrid: false, anchor: 'y2', hoverformat: ',.0f' }),
      yaxis: { ...objectOf(loss.layout['yaxis']), domain: [stripShare + 0.08, 1] },
      yaxis2: groupAxis(groups, theme, { domain: [0, stripShare] }, 6),
      shapes: [...mark.shapes, ...nowLine],
      annotations: mark.annotations,
    },
    caption: `${loss.caption === '' ? '' : `${loss.caption} `}Below: active adapters, the layer nearest the input at the bottom.${foldedCaption(strip.width)}`,
  };
}

/** Returns the number of active adapters, for the hover only: the strip shows which. */
function activeCount(
  { firstStep, width, groupCount, counts, on }: ActivationShares,
  groups: number,
  theme: FigureTheme,
): FigureObject {
  const x: number[] = [];
  const y: number[] = [];
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket] ?? 0;
    if (count === 0) continue;
    let sum = 0;
    for (let group = 0; group < groupCount; group++) sum += on[bucket * groupCount + group] ?? 0;
    x.push(firstStep + bucket * width + (width - 1) / 2);
    y.push(sum / count);
  }
  return {
    type: 'scatter',
    visible: false,
    name: 'on',
    x,
    y,
    hovertemplate: `%{y:.${width > 1 ? 1 : 0}f} of ${groups}`,
    line: { color: themeColors(theme).on },
  };
}

function objectOf(value: FigureObject[string] | undefined): FigureObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
