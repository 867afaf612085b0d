import type { Config, Data, Layout, PlotlyHTMLElement } from 'plotly.js/lib/core';
import { z } from 'zod';
import { asError } from '../../src-shared/contract/errors.ts';
import type { FigureTheme } from '../../src-shared/figures/index.ts';
import type { FigureSource } from './figure-data.ts';
import {
  figureImage,
  figurePgf,
  figureVectors,
  type PlotlyModule,
  plotLayout,
  traces,
  typefaceLoaded,
} from './figure-drawing.ts';
import type { ChoosablePoint } from './figure-points.ts';
import type { GrowingFigure } from './figure-source.ts';
import type { LiveFrame } from './live/frame-keeper.ts';
import { LivePlot } from './live/live-plot.ts';
import type { PlotAxes } from './plot-axes.ts';
import { axesOf, geometryOf, type PlotGeometry, pixelsOfPoint } from './plot-geometry.ts';

/** A point that was clicked: which trace and point of the figure's data, and where it is. */
export interface FigurePoint {
  readonly traceIndex: number;
  readonly pointIndex: number;
  readonly x: unknown;
  readonly y: unknown;
  readonly customData: unknown;
}

interface ShowOptions {
  readonly theme: FigureTheme;
  /** Pixels of the plot, without the title that stands above it. */
  readonly height: number;
  readonly name: string;
  /** The figure grows: its traces are drawn on a canvas as far as one can draw them. */
  readonly isLive: boolean;
}

interface ViewListeners {
  readonly onDrawn: (figure: FigureSource) => void;
  readonly onFailed: (error: Error) => void;
  readonly onPointClick: (point: FigurePoint) => void;
  readonly onZoom: (range: readonly [number, number] | null) => void;
}

const redrawMilliseconds = 250;
/** A redraw takes at most this share of the time until the next, so that a page of large figures stays responsive. */
const redrawShare = 1 / 8;
/** A figure this far below the fold is drawn before it is scrolled to. */
const sightMargin = 200;
const config: Partial<Config> = { displayModeBar: false, responsive: false, doubleClick: 'reset+autosize' };

/**
 * Plotly in one element, with an overlay for what grows: loaded when first needed, redrawn at most four times a second
 * and only while it is (nearly) in sight, resized with its element.
 */
export class PlotlyView {
  private readonly element: HTMLElement;
  private readonly live: LivePlot;
  private readonly sizes: ResizeObserver;
  private readonly sights: IntersectionObserver;
  private readonly onDrawn: ViewListeners['onDrawn'];
  private readonly onFailed: (thrown: unknown) => void;
  private readonly onPointClick: (point: FigurePoint) => void;
  private readonly onZoom: ViewListeners['onZoom'];
  private plotly: PlotlyModule | null = null;
  private graph: PlotlyHTMLElement | null = null;
  private pending: { source: GrowingFigure; options: ShowOptions } | null = null;
  private shown: { source: GrowingFigure; options: ShowOptions } | null = null;
  /** Frame that plotly has drawn of a live figure. */
  private frame: LiveFrame | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private lastDraw = 0;
  private drawMilliseconds = 0;
  private width = 0;
  private inSight = false;
  private disposed = false;

  constructor(element: HTMLElement, overlay: HTMLElement, listeners: ViewListeners) {
    this.element = element;
    this.live = new LivePlot(overlay);
    this.onDrawn = listeners.onDrawn;
    this.onFailed = (thrown) => {
      if (!this.disposed) listeners.onFailed(asError(thrown));
    };
    this.onPointClick = listeners.onPointClick;
    this.onZoom = listeners.onZoom;
    this.sizes = new ResizeObserver((entries) => {
      const width = Math.round(entries[0]?.contentRect.width ?? 0);
      if (width === this.width) return;
      this.width = width;
      if (this.shown && !this.pending) this.pending = this.shown;
      this.schedule();
    });
    this.sizes.observe(element);
    this.sights = new IntersectionObserver(
      (entries) => {
        this.inSight = entries.at(-1)?.isIntersecting ?? false;
        this.schedule();
      },
      { scrollMargin: `${sightMargin}px` },
    );
    this.sights.observe(element);
    Promise.all([import('./plotly-bundle.ts'), typefaceLoaded()])
      .then(([module]) => {
        this.plotly = module.default;
        this.schedule();
      })
      .catch(this.onFailed);
  }

  /** Draws what the figure is by then. */
  show(source: GrowingFigure, options: ShowOptions): void {
    this.pending = { source, options };
    this.schedule();
  }

  /** The figure with its title as a data URL; null before it can be drawn. */
  async image(format: 'svg' | 'png', theme: FigureTheme): Promise<string | null> {
    const now = this.now(theme);
    return now && figureImage(now.plotly, now.figure, now.options, format);
  }

  /** The same without pixels: as PDF a data URL, as PGF its text. */
  async vectors(format: 'pdf' | 'pgf', theme: FigureTheme): Promise<string | null> {
    const now = this.now(theme);
    if (now === null) return null;
    if (format === 'pgf') return figurePgf(now.plotly, now.figure, now.options);
    return window.coto.printFigure(await figureVectors(now.plotly, now.figure, now.options));
  }

  private now(theme: FigureTheme) {
    const wanted = this.shown ?? this.pending;
    if (!this.plotly || !wanted) return null;
    const options = { theme, width: this.width, height: wanted.options.height };
    return { plotly: this.plotly, figure: wanted.source.current(), options };
  }

  /** Returns the position of the drawn figure's axes; null before the first drawing. */
  geometry(): PlotGeometry | null {
    return this.graph === null ? null : geometryOf(this.graph);
  }

  /** Returns the position of a drawn point; null if it is out of sight. */
  pixelOf({ axes, x, y }: Pick<ChoosablePoint, 'axes' | 'x' | 'y'>): { x: number; y: number } | null {
    return pixelsOfPoint(this.graph, axes, { x, y });
  }

  axes(): PlotAxes | null {
    return this.graph === null ? null : axesOf(this.graph);
  }

  dispose(): void {
    this.disposed = true;
    this.sizes.disconnect();
    this.sights.disconnect();
    if (this.timer) clearTimeout(this.timer);
    this.plotly?.purge(this.element);
    this.live.dispose();
  }

  private schedule(): void {
    if (this.disposed || this.timer || !this.plotly || !this.pending || this.width === 0 || !this.inSight) return;
    const pause = Math.max(redrawMilliseconds, this.drawMilliseconds / redrawShare);
    const wait = Math.max(0, this.lastDraw + pause - performance.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.draw().catch(this.onFailed);
    }, wait);
  }

  private async draw(): Promise<void> {
    if (this.disposed || !this.plotly || !this.pending) return;
    const { source, options } = this.pending;
    this.shown = this.pending;
    this.pending = null;
    this.lastDraw = performance.now();
    const figure = source.current();
    const look = JSON.stringify([options, this.width]);
    const frame = options.isLive ? this.live.frameOf(figure, look) : null;
    this.drawMilliseconds = 0;
    if (frame === null || frame !== this.frame) {
      const drawing = this.plotly.react(this.element, ...this.drawing(figure, options, frame), config);
      this.drawMilliseconds = performance.now() - this.lastDraw;
      const graph = await drawing;
      if (this.disposed) return;
      this.frame = frame;
      this.listenTo(graph);
      if (frame === null) this.live.clear();
    }
    const start = performance.now();
    this.paint();
    this.drawMilliseconds += performance.now() - start;
    this.onDrawn(figure);
  }

  private paint(): void {
    if (this.frame === null || this.shown === null) return;
    this.live.paint(this.graph, { width: this.width, height: this.shown.options.height });
  }

  private listenTo(graph: PlotlyHTMLElement): void {
    if (this.graph) return;
    this.graph = graph;
    graph.on('plotly_click', (event) => {
      const point = event.points[0];
      if (!point) return;
      this.onPointClick({
        traceIndex: point.curveNumber,
        pointIndex: point.pointNumber,
        x: point.x,
        y: point.y,
        customData: 'customdata' in point ? point.customdata : null,
      });
    });
    graph.on('plotly_relayout', (event) => {
      const range = zoomedRange(event);
      if (range !== undefined) this.onZoom(range);
    });
    // While axes are moved, and once they have been.
    graph.on('plotly_relayouting', () => this.paint());
    graph.on('plotly_afterplot', () => this.paint());
  }

  private drawing(figure: FigureSource, options: ShowOptions, frame: LiveFrame | null): [Data[], Partial<Layout>] {
    if (frame === null) return [shownTraces(figure), this.layout(figure, options)];
    return [traces(frame), { ...this.layout(frame, options), hovermode: false }];
  }

  private layout(figure: FigureSource, { theme, height, name }: ShowOptions): Partial<Layout> {
    return {
      ...plotLayout(figure, { theme, width: this.width, height }),
      uirevision: name,
      // Values at the pointer appear next to the curves; plotly's own labels would cover them.
      ...(figure.hover === undefined ? {} : { hovermode: figure.data.some(isHeatmap) ? 'closest' : false }),
    };
  }
}

const rangeEvent = z.union([
  z
    .looseObject({ 'xaxis.range[0]': z.number(), 'xaxis.range[1]': z.number() })
    .transform((event): [number, number] => [event['xaxis.range[0]'], event['xaxis.range[1]']]),
  z.looseObject({ 'xaxis.autorange': z.literal(true) }).transform(() => null),
]);

/** The x range that plotly says has been chosen, null where all is shown again, undefined where it says nothing of it. */
export function zoomedRange(event: unknown): [number, number] | null | undefined {
  return rangeEvent.safeParse(event).data;
}

/** Without the labels of curves whose values the window says itself. */
function shownTraces(figure: FigureSource): Data[] {
  if (figure.hover === undefined) return traces(figure);
  const shown = figure.data.map((trace) => (isHeatmap(trace) ? trace : { ...trace, hoverinfo: 'skip' as const }));
  return traces({ ...figure, data: shown });
}

function isHeatmap(trace: object): boolean {
  return 'type' in trace && trace.type === 'heatmap';
}
