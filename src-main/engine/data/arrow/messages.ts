import type { ByteSource } from '../byte-source.ts';

const magic = 'ARROW1';

/**
 * The messages of an Arrow stream, or of a file, which is a stream between its marks, each in one piece. The library
 * takes lengths on trust; here each is held to the size of the file first. An error inside a message's head can keep
 * the library busy forever: the limits of the separate reader process end such files before they become datasets.
 * @throws Error if the file ends within a message, or states a length that none has
 */
export function* arrowMessages(source: ByteSource): Generator<Uint8Array> {
  const { size } = source;
  const isFile = size >= 8 && textOf(source.head(magic.length)) === magic;
  let at = isFile ? 8 : 0;
  const schema = isFile ? bareSchema(source, at, size) : null;
  if (schema !== null) {
    yield Buffer.concat([lengthOf(schema.length), schema]);
    at += schema.length;
  }
  while (at < size) {
    const head = bufferOf(source, at, Math.min(8, size - at), size);
    const isMarked = head.length >= 4 && head.readInt32LE(0) === -1;
    const length = head.readInt32LE(isMarked ? 4 : 0);
    if (length === 0) return;
    const start = at + (isMarked ? 8 : 4);
    const end = start + length + bodyLength(bufferOf(source, start, length, size));
    yield bufferOf(source, at, end - at, size);
    at = end;
  }
}

function bufferOf(source: ByteSource, at: number, length: number, size: number): Buffer {
  if (!(length >= 0 && at + length <= size)) throw new Error(`it is truncated or damaged at byte ${at}`);
  const bytes = source.read(at, length);
  if (!(bytes instanceof Uint8Array)) throw new Error('it is compressed as a whole');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** No message is so short. */
const shortestMessage = 16;

/**
 * The first message of a file without the length before it, as polars writes it: it goes on to the first block of the footer.
 * Null where a length is there.
 */
function bareSchema(source: ByteSource, at: number, size: number): Buffer | null {
  const head = bufferOf(source, at, Math.min(4, size - at), size);
  const start = head.length < 4 ? -1 : head.readInt32LE(0);
  if (start < 0 || start >= shortestMessage) return null;
  const end = firstBlock(source, size);
  return end === null ? null : bufferOf(source, at, end - at, size);
}

/**
 * Returns the position of the first block of rows, from the flatbuffer `Footer`: fields 2 and 3 list blocks of 24 bytes
 * by position.
 */
function firstBlock(source: ByteSource, size: number): number | null {
  const end = size - magic.length - 4;
  const length = bufferOf(source, end, 4, size).readInt32LE(0);
  const footer = bufferOf(source, end - length, length, size);
  const table = footer.readUInt32LE(0);
  const fields = table - footer.readInt32LE(table);
  const places = [8, 10].flatMap((field) => {
    const offset = footer.readUInt16LE(fields) > field ? footer.readUInt16LE(fields + field) : 0;
    if (offset === 0) return [];
    const list = table + offset + footer.readUInt32LE(table + offset);
    const count = footer.readUInt32LE(list);
    return count === 0 ? [] : [Number(footer.readBigInt64LE(list + 4))];
  });
  return places.length === 0 ? null : Math.min(...places);
}

function lengthOf(message: number): Buffer {
  const head = Buffer.alloc(8, 0xff);
  head.writeInt32LE(message, 4);
  return head;
}

/** Field 3 of the flatbuffer `Message`. */
function bodyLength(message: Buffer): number {
  const table = message.readUInt32LE(0);
  const fields = table - message.readInt32LE(table);
  const place = message.readUInt16LE(fields) > 10 ? message.readUInt16LE(fields + 10) : 0;
  const length = place === 0 ? 0 : Number(message.readBigInt64LE(table + place));
  if (length < 0) throw new Error('it states a negative length');
  return length;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
