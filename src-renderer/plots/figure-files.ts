import type { DrawnFigure, FigureFormat } from '../../src-shared/figures/figure-files.ts';
import { titleHeight } from '../../src-shared/figures/title.ts';
import { typefaceRules } from '../../src-shared/typeface.ts';
import type { FigureSource } from './figure-data.ts';
import {
  type DrawOptions,
  figureImage,
  figurePgf,
  figureVectors,
  type PlotlyModule,
  typefaceLoaded,
} from './figure-drawing.ts';
import { inlineTypeface, svgOf } from './figure-image.ts';

declare const Plotly: PlotlyModule;

/** Size of the plot in the window's studies, at a width that two columns of a paper have. */
const options: DrawOptions = { theme: { dark: false }, width: 680, height: 340 };

/**
 * Draws figures for files, as the window's menu saves them. A page that Electron opens for `coto study --figures` carries this
 * script beside plotly's, and calls it by its name.
 */
async function drawFigures(figures: readonly FigureSource[], formats: readonly FigureFormat[]): Promise<DrawnFigure[]> {
  const style = document.createElement('style');
  style.textContent = typefaceRules(await inlineTypeface());
  document.head.append(style);
  await typefaceLoaded();
  const drawn: DrawnFigure[] = [];
  for (const figure of figures) {
    const files: DrawnFigure['files'] = {};
    for (const format of formats) files[format] = await contentOf(figure, format);
    drawn.push({ width: options.width, height: options.height + titleHeight, files });
  }
  return drawn;
}

async function contentOf(figure: FigureSource, format: FigureFormat): Promise<string> {
  if (format === 'pgf') return figurePgf(Plotly, figure, options);
  if (format === 'pdf') return (await figureVectors(Plotly, figure, options)).svg;
  const url = await figureImage(Plotly, figure, options, format);
  return format === 'svg' ? svgOf(url) : url;
}

Reflect.set(globalThis, 'drawFigures', drawFigures);
