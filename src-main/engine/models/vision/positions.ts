import { StudioError } from '../../../../src-shared/contract/errors.ts';

export interface Rectangle {
  readonly height: number;
  readonly width: number;
}

/** Coefficient of the cubic kernel: PyTorch uses another one where it smooths. */
const [sharp, smooth] = [-0.75, -0.5];

/**
 * The matrix [to.height · to.width, from.height · from.width] by which PyTorch's `interpolate` resizes a grid, row by row,
 * with mode "bicubic" and without aligned corners.
 * @param antialias whether the kernel widens when the grid shrinks
 */
export function bicubicMatrix(from: Rectangle, to: Rectangle, antialias: boolean): Float32Array {
  const rows = bicubicWeights(from.height, to.height, antialias);
  const columns = bicubicWeights(from.width, to.width, antialias);
  const area = from.height * from.width;
  const matrix = new Float32Array(to.height * to.width * area);
  for (const [y, vertical] of rows.entries())
    for (const [x, horizontal] of columns.entries())
      for (const [row, down] of vertical)
        for (const [column, across] of horizontal)
          matrix[(y * to.width + x) * area + row * from.width + column] = down * across;
  return matrix;
}

/** For each place of a resized line, the weights of the original places. */
function bicubicWeights(from: number, to: number, antialias: boolean): Map<number, number>[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, place) => {
    const center = (place + 0.5) * scale;
    return antialias ? smoothed(center, Math.max(1, scale), from) : clamped(center - 0.5, from);
  });
}

/** Four places around the center; places beyond the edge count for the edge's. */
function clamped(center: number, count: number): Map<number, number> {
  const first = Math.floor(center);
  const weights = new Map<number, number>();
  for (let place = first - 1; place <= first + 2; place++) {
    const inside = Math.min(Math.max(place, 0), count - 1);
    weights.set(inside, (weights.get(inside) ?? 0) + cubic(center - place, sharp));
  }
  return weights;
}

/** Places within reach of the widened kernel; places beyond the edge do not count. */
function smoothed(center: number, width: number, count: number): Map<number, number> {
  const reach = 2 * width;
  const first = Math.max(0, Math.trunc(center - reach + 0.5));
  const end = Math.min(count, Math.trunc(center + reach + 0.5));
  const weights = new Map<number, number>();
  for (let place = first; place < end; place++) weights.set(place, cubic((place - center + 0.5) / width, smooth));
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  return new Map([...weights].map(([place, weight]) => [place, weight / sum]));
}

function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

/** The grid of learned positions, which is square. @throws StudioError refused for another number of positions */
export function squareGrid(positions: number, path: string): Rectangle {
  const side = Math.sqrt(positions);
  if (Number.isInteger(side)) return { height: side, width: side };
  throw new StudioError(
    'refused',
    `${path}: the ${positions} positions of patches are not a square, so they cannot be fitted to another image size.`,
    'Set the size of preprocessor_config.json to image_size of config.json.',
  );
}

/**
 * Angles by which DINOv3 turns queries and keys, [leading + patches, headSize / 2]: the first half follows the row of a
 * patch, the second half its column, each from −1 to 1. Leading tokens are not turned.
 */
export function patchAngles(
  { height, width }: Rectangle,
  sizes: { readonly leading: number; readonly headSize: number; readonly base: number },
): Float32Array {
  const quarter = sizes.headSize / 4;
  const angles = new Float32Array((sizes.leading + height * width) * 2 * quarter);
  const frequencies = Float32Array.from(
    { length: quarter },
    (_, index) => 1 / sizes.base ** ((4 * index) / sizes.headSize),
  );
  const around = (place: number, count: number) =>
    2 * Math.PI * Math.fround(2 * Math.fround((place + 0.5) / count) - 1);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const start = (sizes.leading + row * width + column) * 2 * quarter;
      for (const [index, frequency] of frequencies.entries()) {
        angles[start + index] = around(row, height) * frequency;
        angles[start + quarter + index] = around(column, width) * frequency;
      }
    }
  return angles;
}
