/** Tile of a product in a workgroup: `across` × `down` invocations, each with `rows` × `columns` sums in registers. */
export interface MatmulTile {
  readonly name: string;
  readonly across: number;
  readonly down: number;
  readonly rows: number;
  readonly columns: number;
  /** Parts of k that are summed by invocations of their own, and added up at the end. */
  readonly slices: number;
  /** Steps of k at a time, in fours. */
  readonly depth: number;
}

const large: MatmulTile = { name: 'large', across: 8, down: 8, rows: 8, columns: 8, slices: 1, depth: 4 };
const small: MatmulTile = { name: 'small', across: 8, down: 8, rows: 4, columns: 4, slices: 1, depth: 4 };
const tall: MatmulTile = { name: 'tall', across: 4, down: 16, rows: 4, columns: 4, slices: 1, depth: 4 };
const wide: MatmulTile = { name: 'wide', across: 16, down: 4, rows: 4, columns: 4, slices: 1, depth: 4 };
const broad: MatmulTile = { name: 'broad', across: 8, down: 8, rows: 4, columns: 8, slices: 1, depth: 4 };
const high: MatmulTile = { name: 'high', across: 8, down: 8, rows: 8, columns: 4, slices: 1, depth: 4 };
/** Same number of invocations as the tiles without slices, so that both fit into one dispatch. */
const square: MatmulTile = { name: 'square_sliced', across: 4, down: 4, rows: 4, columns: 4, slices: 4, depth: 2 };
/** In 16 KiB of a workgroup's memory: fewer where it has more sums. */
const sliced = ({ rows, columns }: MatmulTile) => ({ slices: rows * columns > 16 ? 2 : 4, depth: 2 });

/** Rows or columns of a product by an adapter's rank. */
const skinny = 16;
/** Rows or columns that one workgroup can have, so that the other operand, the long one, is read once. */
const narrow = 64;
/** Workgroups that keep a device busy. */
const plenty = 64;
/** From which a k is worth splitting. */
const longK = 256;

/** The tile for a product of m × k by k × n; `isJoined`: one of 64 invocations. */
export function matmulTile(m: number, n: number, k: number, isJoined = false): MatmulTile {
  const count = (tile: MatmulTile) => Math.ceil(m / rowsOf(tile)) * Math.ceil(n / columnsOf(tile));
  const least = Math.min(m, n);
  if (least > skinny && count(large) >= plenty) return large;
  if (least > narrow) return small;
  const tile = narrowTile(m, n);
  if (k < longK || count(tile) >= plenty) return tile;
  if (isJoined) return least <= skinny ? square : tile;
  return { ...tile, ...sliced(tile), name: `${tile.name}_sliced` };
}

/** One that has all of the rows or all of the columns, whichever are fewer. */
function narrowTile(m: number, n: number): MatmulTile {
  const least = Math.min(m, n);
  if (least <= skinny) return n <= skinny ? tall : wide;
  if (least <= columnsOf(small)) return small;
  return n <= m ? broad : high;
}

/** Rows of the result of a workgroup. */
export function rowsOf({ down, rows }: MatmulTile): number {
  return down * rows;
}

export function columnsOf({ across, columns }: MatmulTile): number {
  return across * columns;
}

/**
 * Returns true for a product of an adapter's rank. Reading its operands dominates, whatever type they are multiplied
 * in.
 */
export function isSkinny(m: number, n: number): boolean {
  return m <= skinny || n <= skinny;
}
