import { type ByteReader, endsEarly } from './byte-reader.ts';
import { ParquetError } from './parse-error.ts';

/** Types of Thrift's compact protocol. */
const types = {
  stop: 0,
  yes: 1,
  no: 2,
  byte: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  bytes: 8,
  list: 9,
  set: 10,
  struct: 12,
};
const deepest = 32;

/**
 * Reads Thrift's compact protocol, the encoding of Parquet's metadata. Callers take the fields they want, all others
 * are skipped; nothing is allocated from a count in the file.
 */
export class ThriftReader {
  private readonly source: ByteReader;
  private depth = 0;

  constructor(source: ByteReader) {
    this.source = source;
  }

  /**
   * Calls `read` for every field of a struct: it returns true after reading the value, otherwise the value is skipped.
   */
  struct(read: (field: number, type: number) => boolean): void {
    if (++this.depth > deepest) throw new ParquetError('nests its metadata too deep');
    let field = 0;
    for (;;) {
      const byte = this.source.uint8();
      const type = byte & 0x0f;
      if (type === types.stop) break;
      const step = byte >> 4;
      field = step === 0 ? this.source.zigzag() : field + step;
      if (!read(field, type)) this.skip(type);
    }
    this.depth--;
  }

  /** A field that is a struct. */
  structOf(type: number, read: (field: number, type: number) => boolean): true {
    expectType(type, types.struct);
    this.struct(read);
    return true;
  }

  /** Calls `read` for every element of a list with its type. */
  listOf(type: number, read: (type: number) => void): true {
    if (type !== types.set) expectType(type, types.list);
    const head = this.source.uint8();
    const count = head >> 4 === 15 ? this.source.varint() : head >> 4;
    // An element has one byte at least.
    if (count > this.source.left) throw endsEarly();
    for (let index = 0; index < count; index++) read(head & 0x0f);
    return true;
  }

  integerOf(type: number): number {
    if (type === types.byte) return (this.source.uint8() << 24) >> 24;
    if (type !== types.int16 && type !== types.int32 && type !== types.int64) expectType(type, types.int64);
    return this.source.zigzag();
  }

  /** @throws ParquetError if it is negative */
  countOf(type: number): number {
    const value = this.integerOf(type);
    if (value < 0) throw new ParquetError('has a negative count in its metadata');
    return value;
  }

  flagOf(type: number): boolean {
    if (type !== types.no) expectType(type, types.yes);
    return type === types.yes;
  }

  textOf(type: number): string {
    expectType(type, types.bytes);
    const length = this.source.varint();
    const start = this.source.take(length);
    return this.source.bytes.toString('utf8', start, start + length);
  }

  private skip(type: number): void {
    if (type === types.yes || type === types.no) return;
    this.skipElement(type);
  }

  /** In a list, each boolean is one byte. */
  private skipElement(type: number): void {
    if (type === types.yes || type === types.no || type === types.byte) this.source.take(1);
    else if (type === types.int16 || type === types.int32 || type === types.int64) this.source.zigzag64();
    else if (type === types.double) this.source.take(8);
    else if (type === types.bytes) this.source.take(this.source.varint());
    else if (type === types.struct) this.struct(() => false);
    else if (type === types.list || type === types.set) {
      if (++this.depth > deepest) throw new ParquetError('nests its metadata too deep');
      this.listOf(type, (element) => this.skipElement(element));
      this.depth--;
    } else throw new ParquetError('has metadata of an unknown type');
  }
}

function expectType(type: number, wanted: number): void {
  if (type !== wanted) throw new ParquetError('has metadata of a different type than the format requires');
}
