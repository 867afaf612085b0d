import type { PlotAxes } from '../plot-axes.ts';
import type { LiveFigure } from './live-figure.ts';

/** All by which a canvas is drawn. */
export interface LiveScene extends Pick<LiveFigure, 'traces' | 'lines'> {
  readonly axes: PlotAxes;
  /** What the colors of each heat map span, by its place among the traces. */
  readonly colorRanges: ReadonlyMap<number, readonly [number, number]>;
  /** Pixels of the window, and how many of the screen each of them has. */
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** What the worker that draws is asked for. */
export type PaintOrder =
  | { readonly kind: 'add'; readonly id: number; readonly canvas: OffscreenCanvas }
  | { readonly kind: 'paint'; readonly id: number; readonly scene: LiveScene }
  | { readonly kind: 'clear' | 'remove'; readonly id: number };

/** What it answers: the canvas of this number shows its scene. */
export interface Painted {
  readonly id: number;
}
