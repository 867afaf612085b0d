import type { Rearrangement } from './architectures/architecture.ts';

/** Order of the rows of a weight in the file, unlike that of transformers. */
export interface RowOrder {
  readonly kind: 'interleaved' | 'grouped';
  readonly heads: number;
}

const orders: Readonly<Partial<Record<Rearrangement, RowOrder['kind']>>> = {
  'interleaved-queries': 'interleaved',
  'interleaved-keys': 'interleaved',
  'grouped-heads': 'grouped',
};

/** Returns true if the rows of a module's weight have an order of their own in the file. */
export function hasRowOrder({ rearranged }: { readonly rearranged?: Rearrangement | undefined }): boolean {
  return rearranged !== undefined && orders[rearranged] !== undefined;
}

/** The order of a weight's rows by the heads of its model; null where it is that of transformers. */
export function rowOrderOf(
  rearranged: Rearrangement | undefined,
  heads: { readonly queries: number; readonly keyValues: number },
): RowOrder | null {
  const kind = rearranged && orders[rearranged];
  if (kind === undefined) return null;
  return { kind, heads: rearranged === 'interleaved-keys' ? heads.keyValues : heads.queries };
}

/** Returns true if so many rows can be in that order. */
export function fitsRowOrder({ kind, heads }: RowOrder, rows: number): boolean {
  return Number.isInteger(rows / heads / (kind === 'grouped' ? 3 : 2));
}

/** Row of the file that is a row of transformers. */
export function rowInFile({ kind, heads }: RowOrder, row: number, rows: number): number {
  const headRows = rows / heads;
  const within = row % headRows;
  const head = (row - within) / headRows;
  if (kind === 'interleaved') {
    const half = headRows / 2;
    return row - within + 2 * (within % half) + Math.floor(within / half);
  }
  // Queries of all heads, then keys, then values; in transformers, each head has its three parts.
  const size = headRows / 3;
  return Math.floor(within / size) * heads * size + head * size + (within % size);
}
