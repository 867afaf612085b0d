import { type PlotAxes, pixelOf, valueAt } from '../plot-axes.ts';
import type { LiveHeatmap } from './live-figure.ts';

const tones = 256;

/**
 * Draws the cells of a heat map: one pixel a column of the screen and a row of the map, made higher by the canvas. A cell
 * without a value stays empty.
 */
export function drawHeatmap(
  context: OffscreenCanvasRenderingContext2D,
  { x, z, yaxis, colorscale }: LiveHeatmap,
  axes: PlotAxes,
  [low, high]: readonly [number, number],
): void {
  const [across, up] = [axes.get('x'), axes.get(yaxis)];
  const edges = cellEdges(x);
  const rows = z.length;
  if (across === undefined || up === undefined || edges.length < 2 || rows === 0) return;
  const from = Math.max(across.offset, Math.floor(pixelOf(across, edges[0] ?? 0)));
  const to = Math.min(across.offset + across.length, Math.ceil(pixelOf(across, edges.at(-1) ?? 0)));
  const width = Math.round(to - from);
  if (width <= 0) return;
  const colors = toneColors(colorscale);
  const image = new ImageData(width, rows);
  const pixels = new Uint32Array(image.data.buffer);
  let cell = 0;
  for (let column = 0; column < width; column++) {
    const place = valueAt(across, from + column + 0.5);
    while (cell < edges.length - 2 && (edges[cell + 1] ?? 0) <= place) cell++;
    if (place < (edges[0] ?? 0) || place > (edges.at(-1) ?? 0)) continue;
    for (let row = 0; row < rows; row++) {
      const value = z[row]?.[cell] ?? null;
      if (value === null) continue;
      const share = high > low ? (value - low) / (high - low) : 0.5;
      const tone = Math.min(tones - 1, Math.max(0, Math.floor(share * tones)));
      // The first row is at the bottom.
      pixels[(rows - 1 - row) * width + column] = colors[tone] ?? 0;
    }
  }
  const cells = new OffscreenCanvas(width, rows);
  cells.getContext('2d')?.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  const [top, bottom] = [pixelOf(up, rows - 0.5), pixelOf(up, -0.5)];
  context.drawImage(cells, from, top, width, bottom - top);
}

/** Cells meet halfway between the values of their axis. */
export function cellEdges(centers: ArrayLike<number | null>): number[] {
  const at = (index: number) => centers[index] ?? 0;
  const last = centers.length - 1;
  if (last < 0) return [];
  if (last === 0) return [at(0) - 0.5, at(0) + 0.5];
  const between = Array.from({ length: last }, (_, index) => (at(index) + at(index + 1)) / 2);
  return [at(0) - (at(1) - at(0)) / 2, ...between, at(last) + (at(last) - at(last - 1)) / 2];
}

/** The scale's colors as numbers of pixels, from low to high; two stops at one place make a sharp edge. */
function toneColors(scale: LiveHeatmap['colorscale']): Uint32Array {
  const stops = scale.map(([at, color]) => ({ at, channels: channelsOf(color) }));
  return Uint32Array.from({ length: tones }, (_, tone) => {
    const share = (tone + 0.5) / tones;
    const next = Math.max(
      1,
      stops.findIndex(({ at }) => at >= share),
    );
    const [below, above] = [stops[next - 1], stops[next]];
    if (below === undefined || above === undefined) return 0;
    const mixed = above.at > below.at ? (share - below.at) / (above.at - below.at) : 1;
    const [red, green, blue] = below.channels.map((channel, index) =>
      Math.round(channel + mixed * ((above.channels[index] ?? 0) - channel)),
    );
    // Pixels are written as bytes of red, green, blue and opacity, the lowest first.
    return ((255 << 24) | ((blue ?? 0) << 16) | ((green ?? 0) << 8) | (red ?? 0)) >>> 0;
  });
}

/** Splits `#rrggbb` into its channels. */
function channelsOf(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
}
