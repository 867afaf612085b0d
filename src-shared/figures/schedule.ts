import { expectSchedule, probabilityAt, unitsOfGroups } from '../coto/expectation.ts';
import { meanActivationProbability } from '../coto/schedule.ts';
import { type Schedule, schedules } from '../coto/schedules/index.ts';
import { drawsUniformly, switchesGroups } from '../coto/schedules/schedule.ts';
import type { CotoSettings } from '../domain/runs/coto.ts';
import type { ActivationShares } from '../domain/runs/run-history.ts';
import { activationTrace, foldedCaption, fullActivationMark, fullActivationStep, groupAxis } from './activation.ts';
import type { Figure, FigureTheme } from './figure.ts';
import { axis, baseLayout } from './layout.ts';
import { seriesColors } from './palette.ts';

export interface ScheduleFigureInput {
  readonly settings: CotoSettings;
  readonly totalSteps: number;
  /** Names of the groups from the input up. */
  readonly groups: readonly string[];
  /** The masks drawn (`foldMasks` of a `sampleStrip` for a preview, else the run's own); null omits the strip. */
  readonly strip: ActivationShares | null;
  /** Share of the learning rate that an adapter receives; null or absent: unknown. */
  readonly updateShare?: number | null | undefined;
}

const titles = {
  group: 'Schedule and active layers',
  update: 'Schedule and updated layers',
  rank: 'Schedule and active ranks',
  input: 'Schedule and kept inputs',
} as const;

/** p(t) as a line over the sampled strip (layer × step), one x axis for both, full activation marked. */
export function scheduleFigure(input: ScheduleFigureInput, theme: FigureTheme): Figure {
  const { settings, totalSteps, groups, strip } = input;
  const full = fullActivationStep(settings, totalSteps);
  const steps = curveSteps(settings, totalSteps);
  const units = unitsOfGroups(groups);
  const curve = {
    type: 'scatter',
    mode: 'lines',
    name: 'p(t)',
    x: steps,
    y: steps.map((step) => probabilityAt(settings, step, totalSteps, units)),
    line: { color: seriesColors(theme).coto, width: 2 },
    hovertemplate: 'step %{x}<br>p = %{y:.3f}<extra></extra>',
    xaxis: 'x',
    yaxis: 'y',
  };
  const drawn =
    strip === null
      ? null
      : activationTrace({ shares: strip, groups, totalSteps, fullActivationStep: full }, theme, { yaxis: 'y2' });
  const mark = fullActivationMark(full, theme, 'paper');
  const folded = foldedCaption(drawn?.width ?? 1);
  return {
    data: drawn === null ? [curve] : [curve, drawn.trace],
    layout: baseLayout(theme, titles[schedules[settings.schedule].unit], {
      hovermode: 'closest',
      margin: { l: 72, r: 64, t: 56, b: 48 },
      xaxis: axis(theme, 'optimizer step', {
        range: [-0.5, Math.max(1, totalSteps) - 0.5],
        showgrid: false,
        anchor: drawn === null ? 'y' : 'y2',
      }),
      yaxis: axis(theme, 'p', { range: [0, 1.04], domain: drawn === null ? [0, 1] : [0.6, 1], tickvals: [0, 0.5, 1] }),
      ...(drawn === null ? {} : { yaxis2: groupAxis(groups, theme, { domain: [0, 0.52] }, 6) }),
      shapes: mark.shapes,
      annotations: mark.annotations,
    }),
    caption: `${scheduleCaption(settings, totalSteps, groups)}${updateText(input.updateShare)}${folded}`,
  };
}

/** Mean active share, how it differs from the mean of p, and what the backward pass saves. */
export function scheduleCaption(settings: CotoSettings, totalSteps: number, groups: readonly string[]): string {
  const schedule: Schedule = schedules[settings.schedule];
  const mean = meanActivationProbability(settings, totalSteps).toFixed(3);
  const modelUnits = unitsOfGroups(groups);
  const { activeShare, skippedBackward } = expectSchedule(settings, totalSteps, modelUnits);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const units = { group: 'adapters on', update: 'adapters updated', rank: 'ranks on', input: 'inputs kept' };
  const reason = `, above the mean p of ${mean} as at least one is always on`;
  const isLifted = activeShare > Number(mean) && drawsUniformly(schedule, modelUnits, settings);
  const other = isLifted ? reason : `; the mean p is ${mean}`;
  const comparison = activeShare.toFixed(3) === mean ? '' : other;
  const share = `Mean share of ${units[schedule.unit]} over ${totalSteps} steps: ${activeShare.toFixed(3)}${schedule.usesCurve ? comparison : ''}.`;
  const saved = switchesGroups(schedule.unit)
    ? ` The backward pass skips ${percent(skippedBackward)} of the layers.`
    : '';
  return `${share}${saved}${groups.length > 0 ? ' Layer 0 is at the bottom.' : ''}`;
}

/** "Weighted by the learning rate, an adapter receives 0.51 of the updates of a run without CoTo." */
function updateText(share: number | null | undefined): string {
  return share == null
    ? ''
    : ` Weighted by the learning rate, an adapter receives ${share.toFixed(2)} of the updates of a run without the schedule.`;
}

/** Enough points for a straight line or a curve, the bend at the end of stage 1 among them. */
function curveSteps(settings: CotoSettings, totalSteps: number): number[] {
  const last = Math.max(0, totalSteps - 1);
  const every = Math.max(1, Math.floor(totalSteps / 200));
  const steps = new Set<number>([0, last, Math.min(last, Math.ceil(settings.stage1_ratio * totalSteps))]);
  for (let step = 0; step <= last; step += every) steps.add(step);
  return [...steps].sort((first, second) => first - second);
}
