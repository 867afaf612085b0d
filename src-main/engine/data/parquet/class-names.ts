import { z } from 'zod';
import type { RawRow } from '../text/raw-row.ts';

const classLabel = z.object({ _type: z.literal('ClassLabel'), names: z.array(z.string()) });
const feature = z.union([
  classLabel,
  z.object({ feature: classLabel }).transform((list) => list.feature),
  z.tuple([classLabel]).transform(([only]) => only),
]);
const noted = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });

/** Names of the classes by column, from what Hugging Face's datasets notes in its files; empty where it has noted none. */
export function classNames(huggingFace: string | null): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  let value: unknown = null;
  try {
    value = JSON.parse(huggingFace ?? 'null');
  } catch {
    return found;
  }
  for (const [column, told] of Object.entries(noted.safeParse(value).data?.info.features ?? {})) {
    const { data } = feature.safeParse(told);
    if (data !== undefined) found.set(column, data.names);
  }
  return found;
}

/** A row with its classes by their names; -1, which stands for none, is none. */
export function withClassNames(row: RawRow, names: ReturnType<typeof classNames>): RawRow {
  if (names.size === 0 || row.fault !== null) return row;
  const cells = Object.entries(row.cells).map(([column, cell]) => {
    const ofColumn = names.get(column);
    return [column, ofColumn === undefined ? cell : named(cell, ofColumn)] as const;
  });
  return { ...row, cells: Object.fromEntries(cells) };
}

function named(cell: unknown, names: readonly string[]): unknown {
  if (Array.isArray(cell)) return cell.map((one: unknown) => named(one, names));
  if (cell === -1) return null;
  return typeof cell === 'number' ? (names[cell] ?? cell) : cell;
}
