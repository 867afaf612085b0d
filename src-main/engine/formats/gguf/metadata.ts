import type { Cursor } from './cursor.ts';
import { ggufParseError } from './parse-error.ts';

/** Numbers of one stored type; 64-bit integers are stored as doubles, and refused if not exact. */
export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;
export type GgufValue = string | number | boolean | GgufNumbers | readonly GgufValue[];

/** Limits far above any real file: the largest vocabularies have some 300 000 tokens and half a million merges. */
const limits = { keyBytes: 65_535, textBytes: 64 << 20, arrayEntries: 1 << 24, arrayDepth: 4 };

interface Scalar {
  readonly bytes: number;
  readonly read: (bytes: Buffer, at: number) => number | bigint;
  readonly many: (count: number) => GgufNumbers;
}

/** Scalar types by their number in the file; 7 is bool, 8 text and 9 an array. */
const scalars: ReadonlyMap<number, Scalar> = new Map([
  [0, { bytes: 1, read: (bytes, at) => bytes.readUInt8(at), many: (count) => new Uint8Array(count) }],
  [1, { bytes: 1, read: (bytes, at) => bytes.readInt8(at), many: (count) => new Int8Array(count) }],
  [2, { bytes: 2, read: (bytes, at) => bytes.readUInt16LE(at), many: (count) => new Uint16Array(count) }],
  [3, { bytes: 2, read: (bytes, at) => bytes.readInt16LE(at), many: (count) => new Int16Array(count) }],
  [4, { bytes: 4, read: (bytes, at) => bytes.readUInt32LE(at), many: (count) => new Uint32Array(count) }],
  [5, { bytes: 4, read: (bytes, at) => bytes.readInt32LE(at), many: (count) => new Int32Array(count) }],
  [6, { bytes: 4, read: (bytes, at) => bytes.readFloatLE(at), many: (count) => new Float32Array(count) }],
  [10, { bytes: 8, read: (bytes, at) => bytes.readBigUInt64LE(at), many: (count) => new Float64Array(count) }],
  [11, { bytes: 8, read: (bytes, at) => bytes.readBigInt64LE(at), many: (count) => new Float64Array(count) }],
  [12, { bytes: 8, read: (bytes, at) => bytes.readDoubleLE(at), many: (count) => new Float64Array(count) }],
]);
const boolType = 7;
const textType = 8;
const arrayType = 9;
/** Smallest key: its length, one byte, the type, one byte of value. */
const smallestEntryBytes = 8 + 1 + 4 + 1;

export function readMetadata(cursor: Cursor, count: number): Map<string, GgufValue> {
  cursor.requireItems(count, smallestEntryBytes, 'its metadata');
  const values = new Map<string, GgufValue>();
  for (let index = 0; index < count; index++) {
    const key = cursor.text(`metadata key ${index}`, limits.keyBytes);
    if (values.has(key)) throw ggufParseError(cursor.path, `has the key "${key}" twice`);
    values.set(key, readValue(cursor, cursor.uint32(`the type of "${key}"`), key, 0));
  }
  return values;
}

function readValue(cursor: Cursor, type: number, key: string, depth: number): GgufValue {
  const what = `"${key}"`;
  if (type === textType) return cursor.text(what, limits.textBytes);
  if (type === boolType) return readFlag(cursor, key);
  if (type === arrayType) return readArray(cursor, key, depth);
  const scalar = scalars.get(type);
  if (scalar === undefined) throw ggufParseError(cursor.path, `gives "${key}" the unknown value type ${type}`);
  return asNumber(cursor, key, scalar.read(cursor.bytes(scalar.bytes, what), 0));
}

function readFlag(cursor: Cursor, key: string): boolean {
  const byte = cursor.uint8(`"${key}"`);
  if (byte > 1) throw ggufParseError(cursor.path, `gives "${key}" the byte ${byte} where true or false is expected`);
  return byte === 1;
}

function readArray(cursor: Cursor, key: string, depth: number): GgufValue {
  if (depth >= limits.arrayDepth)
    throw ggufParseError(cursor.path, `nests lists in "${key}" more than ${limits.arrayDepth} deep`);
  const what = `"${key}"`;
  const type = cursor.uint32(`the entry type of ${what}`);
  const count = cursor.size64(`the length of ${what}`);
  if (count > limits.arrayEntries)
    throw ggufParseError(cursor.path, `gives "${key}" ${count} entries; at most ${limits.arrayEntries} are read`);
  const scalar = scalars.get(type);
  if (scalar !== undefined) {
    cursor.requireItems(count, scalar.bytes, what);
    const numbers = scalar.many(count);
    for (let index = 0; index < count; index++)
      numbers[index] = asNumber(cursor, key, scalar.read(cursor.bytes(scalar.bytes, what), 0));
    return numbers;
  }
  if (type !== boolType && type !== textType && type !== arrayType)
    throw ggufParseError(cursor.path, `gives the entries of "${key}" the unknown value type ${type}`);
  cursor.requireItems(count, type === boolType ? 1 : type === textType ? 8 : 12, what);
  const values: GgufValue[] = [];
  for (let index = 0; index < count; index++) values.push(readValue(cursor, type, key, depth + 1));
  return values;
}

function asNumber(cursor: Cursor, key: string, value: number | bigint): number {
  if (typeof value === 'number') return value;
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))
    throw ggufParseError(cursor.path, `contains ${value} in "${key}", more digits than can be used`);
  return Number(value);
}
