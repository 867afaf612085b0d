import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import { TokenRows, textStart } from '../shared/token-rows.ts';

/** Puts texts of these lengths into rows of at most `size` tokens; returns the texts of each row. */
type Packing = (lengths: readonly number[], size: number) => number[][];

const packings: Readonly<Record<TaskSettings['packing_strategy'], Packing>> = {
  in_order: inOrder,
  bfd: bestFitDecreasing,
};

/**
 * Packs texts into rows of at most `size` tokens without splitting any. A text's first token is not predicted, since nothing
 * of the text precedes it, but marked: `languageBatch` can separate the texts of a row by it.
 */
export function packedRows(
  rows: TokenRows,
  size: number,
  strategy: TaskSettings['packing_strategy'] = 'in_order',
): TokenRows {
  const packed = new TokenRows();
  const lengths = Array.from({ length: rows.count }, (_, index) => rows.length(index));
  for (const texts of packings[strategy](lengths, size)) {
    const [ids, marks]: [number[], number[]] = [[], []];
    for (const text of texts) {
      const row = rows.row(text);
      ids.push(...row.ids);
      marks.push(textStart, ...row.marks.subarray(1));
    }
    packed.add(ids, marks);
  }
  return packed;
}

/** Fills one row after the other. */
function inOrder(lengths: readonly number[], size: number): number[][] {
  const rows: number[][] = [];
  let room = 0;
  for (const [text, length] of lengths.entries()) {
    if (rows.length === 0 || length > room) {
      rows.push([]);
      room = size;
    }
    rows.at(-1)?.push(text);
    room -= length;
  }
  return rows;
}

/** TRL's `bfd`: the longest text first, each in the row with the least room that fits; of equal rows, the earliest to have that room. */
export function bestFitDecreasing(lengths: readonly number[], size: number): number[][] {
  const rows: number[][] = [];
  const byRoom = new Map<number, number[][]>();
  /** Rooms that some row has, ascending. */
  const rooms: number[] = [];
  const order = [...lengths.keys()].sort((one, other) => (lengths[other] ?? 0) - (lengths[one] ?? 0) || one - other);
  for (const text of order) {
    const length = lengths[text] ?? 0;
    const place = firstAtLeast(rooms, length);
    const room = rooms[place] ?? size;
    const found = byRoom.get(room)?.shift();
    const row = found ?? [];
    if (found === undefined) rows.push(row);
    else if (byRoom.get(room)?.length === 0) {
      byRoom.delete(room);
      rooms.splice(place, 1);
    }
    row.push(text);
    const left = room - length;
    if (left <= 0) continue;
    const equal = byRoom.get(left);
    if (equal) equal.push(row);
    else {
      byRoom.set(left, [row]);
      rooms.splice(firstAtLeast(rooms, left), 0, left);
    }
  }
  return rows;
}

/** Returns the place of the first value that is not below `least`, in ascending values. */
function firstAtLeast(values: readonly number[], least: number): number {
  let [start, end] = [0, values.length];
  while (start < end) {
    const middle = (start + end) >> 1;
    if ((values[middle] ?? 0) < least) start = middle + 1;
    else end = middle;
  }
  return start;
}
