import { type PlotAxes, pixelOf } from '../plot-axes.ts';
import { drawHeatmap } from './draw-heatmap.ts';
import type { LiveCurve, LiveLine } from './live-figure.ts';
import type { LiveScene } from './live-scene.ts';

/** Draws the traces of a figure, and its lines, between the axes that plotly has drawn. */
export function drawLive(
  context: OffscreenCanvasRenderingContext2D,
  { traces, lines, axes, colorRanges }: Pick<LiveScene, 'traces' | 'lines' | 'axes' | 'colorRanges'>,
): void {
  let before: Points | null = null;
  traces.forEach((trace, index) => {
    context.save();
    if (trace.type === 'heatmap') {
      if (clip(context, axes, trace.yaxis)) drawHeatmap(context, trace, axes, colorRanges.get(index) ?? [0, 1]);
    } else if (trace.visible) {
      const points = pointsOf(trace, axes);
      if (points !== null && clip(context, axes, trace.yaxis)) drawCurve(context, trace, points, before);
      context.restore();
      context.save();
      // Draws points on the edge whole, like plotly with `cliponaxis: false`.
      if (points !== null) drawMarkers(context, trace, points, axes);
      before = points;
    }
    context.restore();
  });
  for (const line of lines) drawLine(context, line, axes);
}

interface Points {
  readonly x: Float64Array;
  /** NaN where there is no value. */
  readonly y: Float64Array;
}

function pointsOf({ x, y, yaxis }: LiveCurve, axes: PlotAxes): Points | null {
  const [across, up] = [axes.get('x'), axes.get(yaxis)];
  if (across === undefined || up === undefined) return null;
  const length = Math.min(x.length, y.length);
  const points = { x: new Float64Array(length), y: new Float64Array(length) };
  for (let index = 0; index < length; index++) {
    points.x[index] = pixelOf(across, x[index] ?? Number.NaN);
    points.y[index] = pixelOf(up, y[index] ?? Number.NaN);
  }
  return points;
}

function clip(context: OffscreenCanvasRenderingContext2D, axes: PlotAxes, yaxis: string): boolean {
  const [across, up] = [axes.get('x'), axes.get(yaxis)];
  if (across === undefined || up === undefined) return false;
  context.beginPath();
  context.rect(across.offset, up.offset, across.length, up.length);
  context.clip();
  return true;
}

function drawCurve(
  context: OffscreenCanvasRenderingContext2D,
  { mode, line, fill, fillcolor }: LiveCurve,
  points: Points,
  before: Points | null,
): void {
  if (fill !== 'none' && fillcolor !== undefined) {
    context.beginPath();
    trace(context, points);
    if (fill === 'tonexty' && before !== null)
      for (let index = before.x.length - 1; index >= 0; index--)
        context.lineTo(before.x[index] ?? 0, before.y[index] ?? 0);
    context.closePath();
    context.fillStyle = fillcolor;
    context.fill();
  }
  if (mode === 'markers' || line.width === 0 || line.color === undefined) return;
  context.beginPath();
  trace(context, points);
  stroke(context, { ...line, color: line.color });
}

/** A path through the points, interrupted where there is no value. */
function trace(context: OffscreenCanvasRenderingContext2D, { x, y }: Points): void {
  let isDown = false;
  for (let index = 0; index < x.length; index++) {
    const [across, up] = [x[index] ?? 0, y[index] ?? Number.NaN];
    if (!Number.isFinite(up)) isDown = false;
    else if (isDown) context.lineTo(across, up);
    else {
      context.moveTo(across, up);
      isDown = true;
    }
  }
}

function stroke(
  context: OffscreenCanvasRenderingContext2D,
  { color, width, dash }: { readonly color: string; readonly width: number; readonly dash: LiveLine['line']['dash'] },
): void {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineJoin = 'round';
  context.setLineDash(dashes[dash].map((length) => length * Math.max(width, 3)));
  context.stroke();
}

/** In units of the line's width, of 3 pixels at least: as plotly has them. */
const dashes: Readonly<Record<LiveLine['line']['dash'], readonly number[]>> = {
  solid: [],
  dot: [1, 1],
  dash: [3, 3],
  longdash: [5, 5],
  dashdot: [3, 1, 1, 1],
};

function drawMarkers(
  context: OffscreenCanvasRenderingContext2D,
  { mode, line, marker, error_y: error, y: values, yaxis }: LiveCurve,
  { x, y }: Points,
  axes: PlotAxes,
): void {
  const [across, up] = [axes.get('x'), axes.get(yaxis)];
  if (across === undefined || up === undefined) return;
  const color = marker.color ?? line.color ?? '';
  const isIn = (index: number) =>
    (x[index] ?? 0) >= across.offset - 1 &&
    (x[index] ?? 0) <= across.offset + across.length + 1 &&
    (y[index] ?? Number.NaN) >= up.offset - 1 &&
    (y[index] ?? Number.NaN) <= up.offset + up.length + 1;
  context.fillStyle = color;
  if (mode !== 'lines')
    for (let index = 0; index < x.length; index++) {
      if (!isIn(index)) continue;
      context.beginPath();
      context.arc(x[index] ?? 0, y[index] ?? 0, marker.size / 2, 0, 2 * Math.PI);
      context.fill();
    }
  if (error === undefined) return;
  for (let index = 0; index < x.length; index++) {
    const [at, half, value] = [x[index] ?? 0, error.array[index] ?? 0, values[index] ?? Number.NaN];
    if (!isIn(index) || half <= 0) continue;
    const [low, high] = [pixelOf(up, value - half), pixelOf(up, value + half)];
    context.beginPath();
    context.moveTo(at, low);
    context.lineTo(at, high);
    for (const end of [low, high]) {
      context.moveTo(at - error.width, end);
      context.lineTo(at + error.width, end);
    }
    stroke(context, { color, width: error.thickness, dash: 'solid' });
  }
}

function drawLine(
  context: OffscreenCanvasRenderingContext2D,
  { x0, x1, yref, y0, y1, line }: LiveLine,
  axes: PlotAxes,
): void {
  const across = axes.get('x');
  if (across === undefined) return;
  const [left, right] = [pixelOf(across, x0), pixelOf(across, x1)];
  const [bottom, top] = [heightOf(axes, yref, y0), heightOf(axes, yref, y1)];
  if (Math.min(left, right) < across.offset || Math.max(left, right) > across.offset + across.length) return;
  context.save();
  context.beginPath();
  context.moveTo(left, bottom);
  context.lineTo(right, top);
  stroke(context, line);
  context.restore();
}

/** The pixel of a share of an axis' part of the plot, or of all parts. */
function heightOf(axes: PlotAxes, yref: string, y: number): number {
  if (yref === 'paper') {
    const all = [...axes.values()].filter(({ isVertical }) => isVertical);
    const top = Math.min(...all.map(({ offset }) => offset));
    const bottom = Math.max(...all.map(({ offset, length }) => offset + length));
    return bottom + y * (top - bottom);
  }
  const axis = axes.get(yref.replace(' domain', ''));
  return axis === undefined ? Number.NaN : axis.offset + (1 - y) * axis.length;
}
