import type { DataType as Type } from 'apache-arrow';
import { decimal, safeNumber } from '../parquet/cells.ts';
import { largestRowBytes, rowTooLong } from '../text/raw-row.ts';
import { floatOf } from '../text/written-number.ts';

/** A value that cannot be read and makes its row a faulty one; the message goes on from the row's name. */
export class UnreadableValue extends Error {}

type Kinds = typeof Type;

/** Converts values of Arrow's to the cells that other tables have: texts, numbers, lists and objects. */
export class ArrowCells {
  private readonly kinds: Kinds;
  private left = largestRowBytes;

  /** @param kinds the library's `DataType`, which is loaded late */
  constructor(kinds: Kinds) {
    this.kinds = kinds;
  }

  /** The cell of an outermost column. @throws UnreadableValue */
  cell(type: Type, value: unknown): unknown {
    this.left = largestRowBytes;
    return this.of(type, value, true);
  }

  private of(type: Type, value: unknown, isOutermost = false): unknown {
    this.spend(8);
    if (value === null || value === undefined) return null;
    const { kinds } = this;
    if (kinds.isDictionary(type)) return this.of(type.dictionary, value, isOutermost);
    if (kinds.isList(type) || kinds.isLargeList(type) || kinds.isFixedSizeList(type))
      return this.list(type.children[0]?.type, value);
    if (kinds.isMap(type)) return this.map(type, value);
    if (kinds.isStruct(type)) return this.struct(type, value);
    if (kinds.isDecimal(type)) return value instanceof Uint32Array ? decimal(wholeOf(value), type.scale) : null;
    if (typeof value === 'string') {
      this.spend(value.length);
      return value;
    }
    if (value instanceof Uint8Array) return this.bytes(value, isOutermost);
    if (typeof value === 'bigint') return kinds.isTimestamp(type) ? timeOf(Number(value), true) : safeNumber(value);
    if (typeof value === 'number') {
      if (kinds.isDate(type)) return timeOf(value, false)?.slice(0, 10) ?? null;
      if (kinds.isTimestamp(type)) return timeOf(value, Boolean(type.timezone));
      // pandas writes missing values of a numeric column as NaN.
      if (Number.isNaN(value)) return null;
      return kinds.isFloat(type) && !isOutermost ? floatOf(value) : value;
    }
    return typeof value === 'boolean' ? value : String(value);
  }

  /** A file's bytes stay bytes; a column of bytes is text that somebody wrote as such. */
  private bytes(value: Uint8Array, isText: boolean): unknown {
    this.spend(value.length);
    const bytes = Buffer.from(value);
    return isText ? bytes.toString('utf8') : bytes;
  }

  private list(type: Type | undefined, value: unknown): unknown[] {
    const cells: unknown[] = [];
    if (type !== undefined && isIterable(value)) for (const item of value) cells.push(this.of(type, item));
    return cells;
  }

  private struct(type: Type, value: unknown): Record<string, unknown> {
    const cells: Record<string, unknown> = {};
    if (typeof value === 'object' && value !== null)
      for (const field of type.children) cells[field.name] = this.of(field.type, Reflect.get(value, field.name));
    return cells;
  }

  private map(type: Type, value: unknown): Record<string, unknown> {
    const cells: Record<string, unknown> = {};
    const pair = type.children[0]?.type;
    const [, content] = pair?.children ?? [];
    if (content !== undefined && isIterable(value))
      for (const entry of value) if (Array.isArray(entry)) cells[String(entry[0])] = this.of(content.type, entry[1]);
    return cells;
  }

  private spend(bytes: number): void {
    this.left -= bytes;
    if (this.left < 0) throw new UnreadableValue(rowTooLong);
  }
}

/** Two's complement in 32-bit words, the lowest first. */
function wholeOf(words: Uint32Array): bigint {
  let value = 0n;
  for (const [place, word] of words.entries()) value |= BigInt(word) << BigInt(32 * place);
  return BigInt.asIntN(32 * words.length, value);
}

/** @param milliseconds since 1970 */
function timeOf(milliseconds: number, isZoned: boolean): string | null {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return null;
  return `${date.toISOString().replace(/(?:\.000)?Z$/, '')}${isZoned ? 'Z' : ''}`;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
