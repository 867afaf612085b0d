import { StepDraws } from '../coto/draws.ts';
import { unitsOfGroups } from '../coto/expectation.ts';
import { activationProbability } from '../coto/schedule.ts';
import { type Schedule, schedules } from '../coto/schedules/index.ts';
import { bucketWidth } from '../curves/bucket-width.ts';
import { GrowingShares } from '../curves/growing-shares.ts';
import type { CotoSettings } from '../domain/runs/coto.ts';
import type { ActivationMasks, ActivationShares } from '../domain/runs/run-history.ts';
import { RandomStream } from '../random.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout, colorbar } from './layout.ts';
import { themeColors } from './palette.ts';

/** Most columns that can be told apart on a screen; beyond it, neighboring steps share a column. */
const maximumColumns = 600;

/**
 * The masks that a run with this seed draws, from the same random stream as training. Bytes are step-major.
 */
export function sampleStrip(
  settings: CotoSettings,
  totalSteps: number,
  groups: readonly string[],
  seed: number,
): ActivationMasks {
  const draws = new StepDraws(settings, totalSteps, unitsOfGroups(groups), seed, RandomStream.seeded(seed, 'coto'));
  const groupCount = groups.length;
  const bytes = new Uint8Array(totalSteps * groupCount);
  for (let step = 0; step < totalSteps; step++) bytes.set(draws.at(step).mask, step * groupCount);
  return { firstStep: 0, groupCount, bytes };
}

export interface ActivationFigureInput {
  readonly shares: ActivationShares;
  /** Names of the groups from the input up. */
  readonly groups: readonly string[];
  /** Planned number of steps, which fixes the x axis from the start. */
  readonly totalSteps: number;
  /** First step from which everything is on, marked by a line; null if there is none. See `fullActivationStep`. */
  readonly fullActivationStep: number | null;
  /** Rows that have their name beside them, at most: fewer for a low figure. Default: 12. */
  readonly maxNames?: number;
}

/** First step (0-based) from which everything is always on, or null if the schedule never gets there. */
export function fullActivationStep(settings: CotoSettings, totalSteps: number): number | null {
  const known = fullSteps.get(settings);
  if (known?.totalSteps === totalSteps) return known.step;
  const step = findFullActivation(settings, totalSteps);
  fullSteps.set(settings, { totalSteps, step });
  return step;
}

/** Caches the first full step: finding it takes long in long runs, and a growing figure asks repeatedly. */
const fullSteps = new WeakMap<CotoSettings, { readonly totalSteps: number; readonly step: number | null }>();

function findFullActivation(settings: CotoSettings, totalSteps: number): number | null {
  const schedule: Schedule = schedules[settings.schedule];
  if (!schedule.usesCurve) return null;
  let step = totalSteps;
  while (step > 0 && activationProbability(settings, step - 1, totalSteps) >= 1) step--;
  return step < totalSteps ? step : null;
}

/** Layer × step heatmap in two tones; rows count from the input (bottom) up. */
export function activationFigure(input: ActivationFigureInput, theme: FigureTheme): Figure {
  const { trace, width } = activationTrace(input, theme);
  const mark = fullActivationMark(input.fullActivationStep, theme, 'y domain');
  return {
    data: [trace],
    layout: baseLayout(theme, 'Active adapters per step', {
      hovermode: 'closest',
      margin: { l: 72, r: 64, t: 44, b: 48 },
      xaxis: axis(theme, 'optimizer step', { range: [-0.5, Math.max(1, input.totalSteps) - 0.5], showgrid: false }),
      yaxis: groupAxis(input.groups, theme, {}, input.maxNames),
      shapes: mark.shapes,
      annotations: mark.annotations,
    }),
    caption: caption(width, input),
  };
}

function caption(width: number, input: ActivationFigureInput): string {
  const full = input.fullActivationStep === null ? '' : ` From step ${input.fullActivationStep} on all are on.`;
  return `One row per group of adapters, with the group nearest the input at the bottom; one draw per optimizer step.${full}${foldedCaption(width)}`;
}

/** Sentence that explains columns of more than one step. */
export function foldedCaption(width: number): string {
  return width > 1 ? ` Each column is ${width} steps; its color is the share of them in which the group was on.` : '';
}

/** The heatmap alone, for figures that combine it with others. `width` is the number of steps per column. */
export function activationTrace(
  input: ActivationFigureInput,
  theme: FigureTheme,
  overrides: FigureObject = {},
): { trace: FigureObject; width: number } {
  const { firstStep, width, groupCount, counts, on } = foldShares(input.shares, input.totalSteps);
  const tones = themeColors(theme);
  const columns = Array.from(counts, (_, column) => column);
  const rows = Array.from({ length: groupCount }, (_, group) =>
    columns.map((column) => (counts[column] ? (on[column * groupCount + group] ?? 0) / (counts[column] ?? 1) : null)),
  );
  const plain = width === 1;
  const trace: FigureObject = {
    type: 'heatmap',
    name: 'activation',
    x: columns.map((column) => firstStep + column * width + (width - 1) / 2),
    y: rows.map((_, group) => group),
    z: rows,
    text: rows.map((row, group) => cellTexts(plainText(input.groups[group] ?? ''), row, plain)),
    hovertemplate: `${plain ? 'step %{x}' : `${width} steps around %{x:.0f}`}<br>%{text}<extra></extra>`,
    zmin: 0,
    zmax: 1,
    zsmooth: false,
    hoverongaps: false,
    colorscale: plain
      ? [
          [0, tones.off],
          [0.5, tones.off],
          [0.5, tones.on],
          [1, tones.on],
        ]
      : [
          [0, tones.off],
          [1, tones.on],
        ],
    showscale: true,
    colorbar: colorbar(theme, '', {
      ...(plain
        ? { tickvals: [0.25, 0.75], ticktext: ['off', 'on'] }
        : { tickvals: [0, 0.5, 1], ticktext: ['off', '50 %', 'on'] }),
      len: 0.5,
    }),
    ...overrides,
  };
  return { trace, width };
}

/**
 * Returns the hover texts of a row's cells. Cells outnumber percentages by far, so each percentage is formatted once.
 */
function cellTexts(name: string, row: readonly (number | null)[], plain: boolean): string[] {
  const written: string[] = [];
  return row.map((share) => {
    if (share === null) return `${name}: `;
    const percent = plain && share > 0 ? 100 : Math.round(100 * share);
    written[percent] ??= `${name}: ${shareText(percent, plain)}`;
    return written[percent];
  });
}

function shareText(percent: number, plain: boolean): string {
  if (plain) return percent > 0 ? 'on' : 'off';
  return `on in ${percent} %`;
}

/** Number of columns, from the planned length, so that columns do not change while a run goes on. */
function foldShares(shares: ActivationShares, totalSteps: number): ActivationShares {
  const width = Math.max(shares.width, bucketWidth(0, Math.max(totalSteps, shares.nextStep) - 1, maximumColumns));
  const folded = new GrowingShares(shares.groupCount, Math.max(1, shares.counts.length), shares);
  folded.widenTo(width);
  return folded.view() ?? shares;
}

/**
 * Names of groups as rows say them: of modules the layer and the last part, "10.q_proj" of
 * "vit.layers.10.attention.q_proj", as the whole leaves a figure little room. Layers, and what would then be alike, stay whole.
 */
function rowNames(groups: readonly string[]): readonly string[] {
  const short = groups.map((name) => name.replace(/^(?:.*\.)?(\d+)\.(?:.*\.)?([^.]+)$/, '$1.$2'));
  return new Set(short).size === groups.length ? short : groups;
}

/** Names of at most `most` rows, evenly chosen, so that they never overlap. */
export function groupAxis(
  groups: readonly string[],
  theme: FigureTheme,
  overrides: FigureObject = {},
  most = 12,
): FigureObject {
  const every = Math.max(1, Math.ceil(groups.length / most));
  const names = rowNames(groups);
  const shown = groups.map((_, index) => index).filter((index) => index % every === 0);
  return axis(theme, '', {
    range: [-0.5, Math.max(1, groups.length) - 0.5],
    tickvals: shown,
    ticktext: shown.map((index) => plainText(names[index] ?? '')),
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
        text: `full activation at step ${step}`,
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
