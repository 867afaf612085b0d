/** One axis of a drawn figure. */
export interface PlotAxis {
  /** Pixels from the element's left, or from its top, and how many it spans. */
  readonly offset: number;
  readonly length: number;
  /** In the axis' own coordinates: logarithms where it is logarithmic. */
  readonly range: readonly [number, number];
  readonly isLogarithmic: boolean;
  readonly isVertical: boolean;
}

/** The axes of a drawn figure, by plotly's names: x, y, y2. */
export type PlotAxes = ReadonlyMap<string, PlotAxis>;

/** The pixel of a value; NaN for none, and for what a logarithmic axis cannot have. */
export function pixelOf(
  { offset, length, range: [from, to], isLogarithmic, isVertical }: PlotAxis,
  value: number,
): number {
  const share = ((isLogarithmic ? Math.log10(value) : value) - from) / (to - from);
  return offset + length * (isVertical ? 1 - share : share);
}

/** The value at a pixel. */
export function valueAt(
  { offset, length, range: [from, to], isLogarithmic, isVertical }: PlotAxis,
  pixel: number,
): number {
  const share = (pixel - offset) / length;
  const value = from + (isVertical ? 1 - share : share) * (to - from);
  return isLogarithmic ? 10 ** value : value;
}
