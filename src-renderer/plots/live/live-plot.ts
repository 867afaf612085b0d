import type { FigureSource } from '../figure-data.ts';
import { axesOf } from '../plot-geometry.ts';
import { FrameKeeper, type LiveFrame } from './frame-keeper.ts';
import { LiveCanvas } from './live-canvas.ts';
import { type LiveFigure, readLive } from './live-figure.ts';

/**
 * A figure that grows: its traces on a canvas over the axes that plotly draws. A redraw costs the canvas alone, as long as
 * the frame stays.
 */
export class LivePlot {
  private readonly overlay: HTMLElement;
  private readonly frames = new FrameKeeper();
  private canvas: LiveCanvas | null = null;
  private live: LiveFigure | null = null;
  private frame: LiveFrame | null = null;

  constructor(overlay: HTMLElement) {
    this.overlay = overlay;
  }

  /** Returns the part of the figure that plotly draws, the same object until it changes; null: the whole figure. */
  frameOf(figure: FigureSource, look: string): LiveFrame | null {
    this.live = readLive(figure);
    this.frame = this.live === null ? null : this.frames.of(this.live, look);
    return this.frame;
  }

  /** Draws the last figure on the axes that the graph has now. */
  paint(graph: unknown, { width, height }: { readonly width: number; readonly height: number }): void {
    const axes = axesOf(graph);
    if (this.live === null || this.frame === null || axes === null) return;
    const { traces, lines } = this.live;
    const { colorRanges } = this.frame;
    this.canvas ??= new LiveCanvas(this.overlay);
    this.canvas.paint({ traces, lines, axes, colorRanges, width, height, scale: window.devicePixelRatio });
  }

  /** Plotly draws the figure itself. */
  clear(): void {
    this.live = null;
    this.frame = null;
    this.frames.forget();
    this.canvas?.clear();
  }

  dispose(): void {
    this.canvas?.dispose();
    this.canvas = null;
  }
}
