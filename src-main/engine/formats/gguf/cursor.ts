import { isUtf8 } from 'node:buffer';
import { readSync } from 'node:fs';
import { GgufEndError, ggufParseError } from './parse-error.ts';

const windowBytes = 1 << 20;

/**
 * Reads little-endian values sequentially from an open file. Every read is checked against the rest of the file before
 * anything is allocated; `what` in each call names the key or tensor for the refusal.
 */
export class Cursor {
  readonly path: string;
  readonly size: number;
  private readonly descriptor: number;
  private window = Buffer.alloc(0);
  private windowStart = 0;
  private at = 0;

  constructor(path: string, descriptor: number, size: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.size = size;
  }

  get position(): number {
    return this.at;
  }

  get left(): number {
    return this.size - this.at;
  }

  /** Refuses `count` items of at least `bytesEach` bytes if the file is too short for them. */
  requireItems(count: number, bytesEach: number, what: string): void {
    if (count * bytesEach > this.left)
      throw ggufParseError(
        this.path,
        `says that ${what} has ${count} entries, more than the ${this.left} bytes left in the file hold`,
      );
  }

  /** The next `length` bytes; valid until the next read. */
  bytes(length: number, what: string): Buffer {
    if (length > this.left)
      throw ggufParseError(
        this.path,
        `is truncated: ${what} ends at byte ${this.at + length}, the file has ${this.size} bytes`,
      );
    const start = this.at - this.windowStart;
    if (start < 0 || start + length > this.window.length) this.refill(length, what);
    const from = this.at - this.windowStart;
    this.at += length;
    return this.window.subarray(from, from + length);
  }

  uint8(what: string): number {
    return this.bytes(1, what).readUInt8(0);
  }

  uint32(what: string): number {
    return this.bytes(4, what).readUInt32LE(0);
  }

  /** A count, length or offset: 64 bits, refused if not exact as a double. */
  size64(what: string): number {
    const value = this.bytes(8, what).readBigUInt64LE(0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw ggufParseError(this.path, `gives ${what} the size ${value}, which no file reaches`);
    return Number(value);
  }

  text(what: string, longestBytes: number): string {
    const length = this.size64(`the length of ${what}`);
    if (length > longestBytes)
      throw ggufParseError(this.path, `says that ${what} is ${length} bytes long; at most ${longestBytes} are read`);
    const bytes = this.bytes(length, what);
    const text = bytes.toString('utf8');
    if (text.includes('\ufffd') && !isUtf8(bytes))
      throw ggufParseError(this.path, `contains text in ${what} that is not UTF-8`);
    return text;
  }

  private refill(length: number, what: string): void {
    const wanted = Math.min(Math.max(length, windowBytes), this.left);
    const fresh = Buffer.allocUnsafe(wanted);
    let filled = 0;
    while (filled < wanted) {
      const read = readSync(this.descriptor, fresh, filled, wanted - filled, this.at + filled);
      if (read === 0) break;
      filled += read;
    }
    if (filled < length) throw new GgufEndError(this.path, what);
    this.window = fresh.subarray(0, filled);
    this.windowStart = this.at;
  }
}
