import { z } from 'zod';
import type { LiveCurve, LiveFigure, LiveHeatmap } from './live-figure.ts';

type Range = readonly [number, number];

/** Parts of a canvas-drawn figure that plotly draws: axes, titles and color scales. */
export interface LiveFrame {
  readonly data: readonly object[];
  readonly layout: object;
  /** Color range of each heat map, by trace index. */
  readonly colorRanges: ReadonlyMap<number, Range>;
}

/** Room for curves to grow where they have grown before, as a share of what they span. */
const room = 0.1;
/** Values that span less than this share of the axis would be drawn too flat. */
const minShare = 0.6;
/** Tolerated difference between the requested and the drawn range, as a share of it. */
const tolerance = { beyond: 0.01, within: 0.15 };

const axisSchema = z.looseObject({
  range: z.tuple([z.number(), z.number()]).optional(),
  type: z.enum(['linear', 'log']).default('linear'),
});

/**
 * Makes the frame of a figure that grows. It stays the same object until the figure looks different around its traces or
 * its values need other axes: only then does plotly have anything to do.
 */
export class FrameKeeper {
  private key = '';
  private ranges = new Map<string, Range>();
  private frame: LiveFrame | null = null;

  /** `look` names everything else by which the frame is drawn: its size, its theme. */
  of(live: LiveFigure, look: string): LiveFrame {
    const axes = axesOf(live);
    const key = JSON.stringify([look, lookOf(live, axes)]);
    if (key !== this.key) this.ranges.clear();
    const ranges = new Map(
      [...wantedRanges(live, axes)].map(([name, wanted]) => [name, settled(this.ranges.get(name), wanted)]),
    );
    const isSame =
      key === this.key &&
      ranges.size === this.ranges.size &&
      [...ranges].every(([name, range]) => range === this.ranges.get(name));
    if (this.frame !== null && isSame) return this.frame;
    this.key = key;
    this.ranges = ranges;
    this.frame = frameOf(live, axes, ranges);
    return this.frame;
  }

  forget(): void {
    this.key = '';
    this.ranges.clear();
    this.frame = null;
  }
}

interface Axis {
  /** Layout name: xaxis, yaxis2. */
  readonly name: string;
  readonly settings: z.output<typeof axisSchema>;
}

function axesOf({ layout }: LiveFigure): Axis[] {
  return Object.keys(layout)
    .filter((name) => /^[xy]axis\d*$/.test(name))
    .flatMap((name) => {
      const settings = axisSchema.safeParse(layout[name]).data;
      return settings === undefined ? [] : [{ name, settings }];
    });
}

/** Returns everything the frame shows except its ranges. The marks of a color scale move with its range. */
function lookOf({ layout, traces }: LiveFigure, axes: readonly Axis[]): unknown {
  const bare = axes.map(({ name, settings: { range, ...settings } }) => [name, settings, range === undefined]);
  const scales = traces.flatMap((trace) =>
    trace.type === 'heatmap'
      ? [[trace.yaxis, trace.colorscale, trace.showscale, trace.zmin === undefined ? null : trace.colorbar]]
      : [[trace.yaxis]],
  );
  return [{ ...layout, ...Object.fromEntries(axes.map(({ name }) => [name, null])) }, bare, scales];
}

interface WantedRange {
  readonly range: Range;
  /** Asked for by the figure, not what its values span. */
  readonly isFixed: boolean;
}

function wantedRanges(live: LiveFigure, axes: readonly Axis[]): Map<string, WantedRange> {
  const wanted = new Map<string, WantedRange>();
  for (const { name, settings } of axes) {
    if (settings.range !== undefined) wanted.set(name, { range: settings.range, isFixed: true });
    else {
      const range = extent(columnsOf(live, name), settings.type === 'log');
      if (range !== null) wanted.set(name, { range, isFixed: false });
    }
  }
  live.traces.forEach((trace, index) => {
    if (trace.type !== 'heatmap') return;
    const range =
      trace.zmin === undefined || trace.zmax === undefined
        ? extent(trace.z, false)
        : ([trace.zmin, trace.zmax] as const);
    if (range !== null) wanted.set(`color ${index}`, { range, isFixed: trace.zmin !== undefined });
  });
  return wanted;
}

/** Returns the values of an axis's curves along that axis. */
function columnsOf({ traces }: LiveFigure, axisName: string) {
  const id = axisName.replace('axis', '');
  return curvesOf(traces)
    .filter((curve) => curve.xaxis === id || curve.yaxis === id)
    .map((curve) => (id.startsWith('x') ? curve.x : curve.y));
}

function curvesOf(traces: LiveFigure['traces']): LiveCurve[] {
  return traces.filter((trace): trace is LiveCurve => trace.type === 'scatter' && trace.visible);
}

/** From the lowest to the highest value, as logarithms on a logarithmic axis; null where there is none. */
function extent(columns: readonly ArrayLike<number | null>[], isLogarithmic: boolean): Range | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const column of columns)
    for (let index = 0; index < column.length; index++) {
      const value = column[index] ?? Number.NaN;
      if (!Number.isFinite(value) || (isLogarithmic && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  if (low > high) return null;
  return isLogarithmic ? [Math.log10(low), Math.log10(high)] : [low, high];
}

/** The range to draw: the one that is drawn as long as it serves. */
function settled(drawn: Range | undefined, { range: [low, high], isFixed }: WantedRange): Range {
  if (drawn === undefined) return [low, high];
  const span = drawn[1] - drawn[0];
  const isBeyond = (slack: number) => low < drawn[0] - slack * span || high > drawn[1] + slack * span;
  if (isFixed) {
    const isNear = !isBeyond(tolerance.beyond) && high - low >= (1 - tolerance.within) * span;
    return isNear ? drawn : [low, high];
  }
  if (!isBeyond(0) && high - low >= minShare * span) return drawn;
  const gap = room * (high - low);
  return [low < drawn[0] ? low - gap : low, high > drawn[1] ? high + gap : high];
}

function frameOf(live: LiveFigure, axes: readonly Axis[], ranges: ReadonlyMap<string, Range>): LiveFrame {
  const colorRanges = new Map<number, Range>();
  const data: object[] = anchors(live, axes, ranges);
  live.traces.forEach((trace, index) => {
    const colors = ranges.get(`color ${index}`);
    if (trace.type !== 'heatmap' || colors === undefined) return;
    colorRanges.set(index, colors);
    data.push(scaleOnly(trace, colors));
  });
  // Copies: plotly writes into what it is given.
  const copied = axes.map(({ name, settings }) => [
    name,
    settings.range === undefined ? { ...settings } : { ...settings, range: [...(ranges.get(name) ?? settings.range)] },
  ]);
  return { data, layout: { ...live.layout, ...Object.fromEntries(copied) }, colorRanges };
}

/** Curves that nobody sees, from corner to corner of what the visible ones span: plotly ranges its axes by them. */
function anchors({ traces }: LiveFigure, axes: readonly Axis[], ranges: ReadonlyMap<string, Range>): object[] {
  const ends = (name: string): readonly number[] => {
    const range = ranges.get(name) ?? [0, 1];
    const isLogarithmic = axes.find((axis) => axis.name === name)?.settings.type === 'log';
    return isLogarithmic ? range.map((value) => 10 ** value) : range;
  };
  return [...Map.groupBy(curvesOf(traces), ({ yaxis }) => yaxis)].map(([yaxis, curves]) => ({
    type: 'scatter',
    mode: curves.some(({ mode }) => mode !== 'lines') ? 'lines+markers' : 'lines',
    x: ends('xaxis'),
    y: ends(yaxis.replace('y', 'yaxis')),
    yaxis,
    opacity: 0,
    hoverinfo: 'skip',
  }));
}

/** A heat map's scale of color without its cells. */
function scaleOnly({ colorscale, showscale, colorbar, yaxis }: LiveHeatmap, [zmin, zmax]: Range): object {
  const one = { x: [0], y: [0], z: [[zmin]], zmin, zmax, opacity: 0, hoverinfo: 'skip' };
  return { type: 'heatmap', ...one, colorscale, showscale, yaxis, ...(colorbar === undefined ? {} : { colorbar }) };
}
