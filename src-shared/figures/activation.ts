import { sampleActiveGroups } from '../coto/sampling.ts';
import { activationProbability, stageOneSteps } from '../coto/schedule.ts';
import type { CotoSettings } from '../domain/coto.ts';
import type { ActivationMasks } from '../domain/run.ts';
import { RandomStream } from '../random.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout } from './layout.ts';
import { themeColors } from './palette.ts';

/** More columns than this cannot be told apart on a screen; every k-th step is drawn then. */
const maximumColumns = 600;

/**
 * The masks that a run with this seed draws: the same stream, in the same order, as training does. Bytes are step-major.
 */
export function sampleStrip(
  settings: CotoSettings,
  totalSteps: number,
  groupCount: number,
  seed: number,
): ActivationMasks {
  const stream = RandomStream.seeded(seed, 'coto');
  const bytes = new Uint8Array(totalSteps * groupCount);
  for (let step = 0; step < totalSteps; step++) {
    const probability = activationProbability(settings, step, totalSteps);
    bytes.set(
      sampleActiveGroups(probability, groupCount, () => stream.uniform()),
      step * groupCount,
    );
  }
  return { firstStep: 0, groupCount, bytes };
}

export interface ActivationFigureInput {
  readonly masks: ActivationMasks;
  /** Names of the groups from the input up. */
  readonly groups: readonly string[];
  /** The planned length: the x axis reaches there from the start. */
  readonly totalSteps: number;
  /** Where p stands at final_p = 1, if it ever does: marked by a line. See `fullActivationStep`. */
  readonly fullActivationStep: number | null;
}

/** The step (0-based) from which every group is on in every step, or null where the schedule never gets there. */
export function fullActivationStep(settings: CotoSettings, totalSteps: number): number | null {
  const step = stageOneSteps(settings, totalSteps);
  return settings.final_p >= 1 && step < totalSteps ? step : null;
}

/** Layer × step, two plain tones; rows count from the input (bottom) up. */
export function activationFigure(input: ActivationFigureInput, theme: FigureTheme): Figure {
  const { trace, every } = activationTrace(input, theme);
  const mark = fullActivationMark(input.fullActivationStep, theme, 'y domain');
  return {
    data: [trace],
    layout: baseLayout(theme, 'Which adapters were on in each step', {
      hovermode: 'closest',
      margin: { l: 72, r: 64, t: 44, b: 48 },
      xaxis: axis(theme, 'optimizer step', { range: [-0.5, Math.max(1, input.totalSteps) - 0.5], showgrid: false }),
      yaxis: groupAxis(input.groups, theme),
      shapes: mark.shapes,
      annotations: mark.annotations,
    }),
    caption: caption(every, input),
  };
}

function caption(every: number, input: ActivationFigureInput): string {
  const thinned = every > 1 ? ` Every ${every}th step is drawn.` : '';
  const full = input.fullActivationStep === null ? '' : ` From step ${input.fullActivationStep} on all are on.`;
  return `Each row is a group of adapters, the one nearest the input at the bottom; one draw an optimizer step.${full}${thinned}`;
}

/** The heatmap alone, for figures that put something above it. `every`: each so-manieth step is drawn. */
export function activationTrace(
  input: ActivationFigureInput,
  theme: FigureTheme,
  overrides: FigureObject = {},
): { trace: FigureObject; every: number } {
  const { masks, groups } = input;
  const { on, off, quiet } = themeColors(theme);
  const steps = masks.groupCount === 0 ? 0 : Math.floor(masks.bytes.length / masks.groupCount);
  const every = Math.max(1, Math.ceil(Math.max(steps, input.totalSteps) / maximumColumns));
  const columns: number[] = [];
  for (let step = 0; step < steps; step += every) columns.push(step);
  const rows = Array.from({ length: masks.groupCount }, (_, group) =>
    columns.map((step) => masks.bytes[step * masks.groupCount + group] ?? 0),
  );
  const trace: FigureObject = {
    type: 'heatmap',
    name: 'activation',
    x: columns.map((step) => masks.firstStep + step),
    y: rows.map((_, group) => group),
    z: rows,
    text: rows.map((row, group) => row.map((value) => `${plainText(groups[group] ?? '')}: ${value ? 'on' : 'off'}`)),
    hovertemplate: 'step %{x}<br>%{text}<extra></extra>',
    zmin: 0,
    zmax: 1,
    zsmooth: false,
    colorscale: [
      [0, off],
      [0.5, off],
      [0.5, on],
      [1, on],
    ],
    showscale: true,
    colorbar: {
      tickvals: [0.25, 0.75],
      ticktext: ['off', 'on'],
      tickfont: { color: quiet, size: 11 },
      thickness: 10,
      len: 0.5,
      outlinewidth: 0,
    },
    ...overrides,
  };
  return { trace, every };
}

/** Names of at most `most` rows, evenly chosen, so that they never overlap. */
export function groupAxis(
  groups: readonly string[],
  theme: FigureTheme,
  overrides: FigureObject = {},
  most = 12,
): FigureObject {
  const every = Math.max(1, Math.ceil(groups.length / most));
  const shown = groups.map((_, index) => index).filter((index) => index % every === 0);
  return axis(theme, '', {
    range: [-0.5, Math.max(1, groups.length) - 0.5],
    tickvals: shown,
    ticktext: shown.map((index) => plainText(groups[index] ?? '')),
    showgrid: false,
    ...overrides,
  });
}

/** A vertical line where full activation begins, with its name. `yref` spans the plot that it crosses. */
export function fullActivationMark(
  step: number | null,
  theme: FigureTheme,
  yref: string,
): { shapes: FigureObject[]; annotations: FigureObject[] } {
  if (step === null) return { shapes: [], annotations: [] };
  const { text } = themeColors(theme);
  const x = step - 0.5;
  return {
    shapes: [
      { type: 'line', xref: 'x', x0: x, x1: x, yref, y0: 0, y1: 1, line: { color: text, width: 1.5, dash: 'dot' } },
    ],
    annotations: [
      {
        text: `all on from step ${step}`,
        xref: 'x',
        x,
        yref,
        y: 1,
        xanchor: 'right',
        yanchor: 'bottom',
        showarrow: false,
        font: { size: 11, color: text },
      },
    ],
  };
}
