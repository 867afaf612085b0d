import { isUtf8 } from 'node:buffer';
import { floatOf } from '../text/written-number.ts';
import type { Leaf } from './schema.ts';

/** A value that cannot be read and makes its row a faulty one. */
export class UnreadableCell {
  readonly fault: string;

  constructor(fault: string) {
    this.fault = fault;
  }
}

/** Converts the bytes of a column to a cell, mostly text. */
export function bytesToCell(leaf: Leaf): (bytes: Buffer, start: number, end: number) => unknown {
  const kind = leaf.meaning?.kind;
  if (leaf.isFile) return (bytes, start, end) => Buffer.from(bytes.subarray(start, end));
  if (leaf.meaning?.kind === 'decimal') {
    const { scale } = leaf.meaning;
    return (bytes, start, end) => decimal(signedBigEndian(bytes, start, end), scale);
  }
  if (leaf.type === physical.int96) return julianTime;
  if (kind === 'uuid') return uuid;
  if (kind === 'float16') return (bytes, start, end) => (end - start === 2 ? float16(bytes.readUInt16LE(start)) : null);
  const text = (bytes: Buffer, start: number, end: number): string | UnreadableCell => {
    const found = bytes.toString('utf8', start, end);
    // In an outermost column, the replacement character suffices: only if the column is used in training does it make
    // the row faulty.
    if (leaf.isOutermost || !found.includes('\uFFFD') || isUtf8(bytes.subarray(start, end))) return found;
    return new UnreadableCell(`has bytes in ${leaf.path} that are not UTF-8; write them as text`);
  };
  if (kind !== 'json') return text;
  return (bytes, start, end) => {
    const found = text(bytes, start, end);
    if (typeof found !== 'string') return found;
    try {
      const value: unknown = JSON.parse(found);
      return value;
    } catch {
      return found;
    }
  };
}

/** Converts a number of a column to a cell. */
export function numberToCell({ meaning, type, isOutermost }: Leaf): (value: number | bigint) => unknown {
  switch (meaning?.kind) {
    case 'decimal':
      return (value) => decimal(BigInt(value), meaning.scale);
    case 'date':
      return (value) => isoTime(BigInt(value) * 86_400n, 1)?.slice(0, -'T00:00:00'.length) ?? String(value);
    case 'time':
      return (value) => isoTime(BigInt(value), meaning.perSecond)?.replace(/^.*T/, '') ?? String(value);
    case 'timestamp': {
      const zone = meaning.utc ? 'Z' : '';
      return (value) => {
        const time = isoTime(BigInt(value), meaning.perSecond);
        return time === null ? String(value) : time + zone;
      };
    }
    case 'unsigned': {
      const bits = type === physical.int64 ? 64 : 32;
      return (value) => safeNumber(BigInt.asUintN(bits, BigInt(value)));
    }
    default: {
      // In tool arguments, 1.0 differs from 1; an outermost column is text or a label.
      const float = isOutermost || (type !== physical.double && type !== physical.float) ? null : floatOf;
      // pandas writes missing values of a numeric column as NaN.
      return (value) => {
        if (typeof value === 'bigint') return safeNumber(value);
        return Number.isNaN(value) ? null : (float?.(value) ?? value);
      };
    }
  }
}

/** The physical types, by the format's numbers. */
export const physical = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  bytes: 6,
  fixedBytes: 7,
} as const;

/** A number if exact, else its digits. */
export function safeNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** Exact, with as many places as the column has. */
export function decimal(value: bigint | null, scale: number): string | null {
  if (value === null || scale < 0 || scale > 1000) return value === null ? null : String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${value < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`;
}

/** Null above 64 bytes: no decimal has as many digits. */
function signedBigEndian(bytes: Buffer, start: number, end: number): bigint | null {
  if (end === start || end - start > 64) return null;
  return BigInt.asIntN((end - start) * 8, BigInt(`0x${bytes.toString('hex', start, end)}`));
}

/** E.g. 2024-05-01T12:00:00.250; null beyond the years that Date knows. `value`: since 1970, `perSecond` a second. */
function isoTime(value: bigint, perSecond: number): string | null {
  const unit = BigInt(perSecond);
  const fraction = ((value % unit) + unit) % unit;
  const date = new Date(Number((value - fraction) / unit) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const digits = String(fraction).padStart(String(perSecond).length - 1, '0');
  return `${date.toISOString().slice(0, -'.000Z'.length)}${fraction === 0n ? '' : `.${digits.replace(/(?:000)+$/, '')}`}`;
}

/** Twelve bytes: nanoseconds of a day, and the day since -4712. */
function julianTime(bytes: Buffer, start: number): string | null {
  const days = BigInt(bytes.readInt32LE(start + 8)) - 2_440_588n;
  return isoTime(days * 86_400_000_000_000n + bytes.readBigInt64LE(start), 1e9);
}

function uuid(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('hex', start, end).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function float16(bits: number): number | null {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : null;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}
