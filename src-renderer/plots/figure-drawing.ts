import type { Data, Layout } from 'plotly.js/lib/core';
import { type FigureTheme, splitTitle, titleHeight } from '../../src-shared/figures/index.ts';
import { withCells, withoutImages } from '../../src-shared/figures/vector/cells.ts';
import { drawingOf } from '../../src-shared/figures/vector/drawing.ts';
import { pgfOf } from '../../src-shared/figures/vector/pgf.ts';
import { textTypeface } from '../../src-shared/typeface.ts';
import type { FigureSource } from './figure-data.ts';
import { svgOf, withTypeface } from './figure-image.ts';
import { withRoom } from './room.ts';

export type PlotlyModule = typeof import('./plotly-bundle.ts').default;

/** Pixels of a plot, without the title that stands above it, and its look. */
export interface DrawOptions {
  readonly theme: FigureTheme;
  readonly width: number;
  readonly height: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Layout that every figure shares, under what the figure itself says. */
export function baseTemplate(theme: FigureTheme): object {
  const text = theme.dark ? '#c9cbd0' : '#3b3e44';
  const line = theme.dark ? '#43464d' : '#c3c6cc';
  const grid = theme.dark ? '#2b2d32' : '#ececef';
  const axis = {
    gridcolor: grid,
    zerolinecolor: grid,
    linecolor: line,
    tickcolor: line,
    ticks: 'outside',
    ticklen: 4,
    showline: true,
    automargin: true,
  };
  return {
    layout: {
      font: { family: textTypeface, size: 12, color: text },
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      margin: { l: 48, r: 16, t: 36, b: 40 },
      hovermode: 'x unified',
      hoverlabel: {
        bgcolor: theme.dark ? '#26282c' : '#ffffff',
        bordercolor: line,
        font: { color: theme.dark ? '#e4e5e7' : '#1c1d20', size: 12 },
      },
      legend: { bgcolor: 'rgba(0,0,0,0)' },
      xaxis: axis,
      yaxis: axis,
    },
  };
}

/** Layout of the plot without its title. The typeface has to be loaded. */
export function plotLayout(figure: FigureSource, { theme, width, height }: DrawOptions): Partial<Layout> {
  return {
    template: baseTemplate(theme),
    ...withRoom(splitTitle(figure.layout).layout, tickTextWidth),
    width,
    height,
    autosize: false,
  };
}

/** Plotly checks traces itself when it draws them; its own types are narrower than what a pure function needs to know. */
export function traces(figure: FigureSource): Data[] {
  return figure.data.map((trace) => ({ ...trace }) as Data);
}

/** The figure with its title as a data URL, drawn on the theme's surface and twice as fine where it is made of pixels. */
export async function figureImage(
  plotly: PlotlyModule,
  figure: FigureSource,
  options: DrawOptions,
  format: 'svg' | 'png',
): Promise<string> {
  const { url, size } = await drawnSvg(plotly, figure, options);
  return withTypeface(url, format, size);
}

/** A figure's SVG of vectors alone, with its typeface inside, and its size in pixels. */
export interface VectorFigure extends Size {
  readonly svg: string;
}

/** The same without pixels, to be printed as PDF. */
export async function figureVectors(
  plotly: PlotlyModule,
  figure: FigureSource,
  options: DrawOptions,
): Promise<VectorFigure> {
  const { source, size } = await vectorSource(plotly, figure, options);
  return { svg: svgOf(await withTypeface(`,${encodeURIComponent(source)}`, 'svg', size)), ...size };
}

/** The same for LaTeX. */
export async function figurePgf(plotly: PlotlyModule, figure: FigureSource, options: DrawOptions): Promise<string> {
  const { source } = await vectorSource(plotly, figure, options);
  return pgfOf(drawingOf(source));
}

async function vectorSource(
  plotly: PlotlyModule,
  figure: FigureSource,
  options: DrawOptions,
): Promise<{ readonly source: string; readonly size: Size }> {
  const cells = { ...figure, ...withCells(figure, surfaceColor(options.theme)) };
  const { url, size } = await drawnSvg(plotly, cells, options);
  return { source: withoutImages(svgOf(url)), size };
}

async function drawnSvg(
  plotly: PlotlyModule,
  figure: FigureSource,
  options: DrawOptions,
): Promise<{ readonly url: string; readonly size: Size }> {
  const size = { width: Math.max(320, options.width), height: options.height + titleHeight };
  const ground = surfaceColor(options.theme);
  const url = await plotly.toImage(
    {
      data: traces(figure),
      layout: {
        ...plotLayout(figure, options),
        ...figure.layout,
        ...size,
        paper_bgcolor: ground,
        plot_bgcolor: ground,
      },
    },
    { format: 'svg', ...size },
  );
  return { url, size };
}

/** The surface on which figures lie, for images that leave the window. */
function surfaceColor(theme: FigureTheme): string {
  return theme.dark ? '#1c1d20' : '#ffffff';
}

/**
 * Resolves when text can be measured in the bundled typeface: plotly keeps the widths that it first measures. A typeface
 * that cannot be loaded delays no figure.
 */
export async function typefaceLoaded(): Promise<void> {
  // Digits are a file of their own.
  await document.fonts.load('12px Inter', 'p = 0').catch(() => []);
}

let context: CanvasRenderingContext2D | null = null;

/** Pixels of the widest of these texts as an axis writes it, in plotly's few HTML tags and signs. The typeface has to be loaded. */
function tickTextWidth(texts: readonly string[]): number {
  context ??= document.createElement('canvas').getContext('2d');
  if (context === null) return 0;
  context.font = `11px ${textTypeface}`;
  return texts.reduce((widest, text) => Math.max(widest, context?.measureText(shownText(text)).width ?? 0), 0);
}

/** Without tags; a line break starts another line, whose widest counts. */
function shownText(text: string): string {
  const lines = text.split(/<br ?\/?>/).map((line) =>
    line
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  );
  return lines.reduce((longest, line) => (line.length > longest.length ? line : longest), '');
}
