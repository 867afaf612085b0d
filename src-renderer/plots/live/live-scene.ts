import type { PlotAxes } from '../plot-axes.ts';
import type { LiveFigure } from './live-figure.ts';

/** All by which a canvas is drawn. */
export interface LiveScene extends Pick<LiveFigure, 'traces' | 'lines'> {
  readonly axes: PlotAxes;
  /** Color range of each heat map, by trace index. */
  readonly colorRanges: ReadonlyMap<number, readonly [number, number]>;
  /** Pixels of the window, and how many of the screen each of them has. */
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** Messages to the drawing worker. */
export type PaintOrder =
  | { readonly kind: 'add'; readonly id: number; readonly canvas: OffscreenCanvas }
  | { readonly kind: 'paint'; readonly id: number; readonly scene: LiveScene }
  | { readonly kind: 'clear' | 'remove'; readonly id: number };

/** Answer of the worker: the canvas with this id shows its scene. */
export interface Painted {
  readonly id: number;
}
