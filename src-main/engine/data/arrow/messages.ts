import type { ByteSource } from '../byte-source.ts';

const magic = 'ARROW1';

/**
 * The messages of an Arrow stream, or of a file, which is a stream between its marks, each in one piece. The library takes
 * lengths on trust; here each is held to the size of the file first. What is wrong inside of a message's head can keep the library
 * busy without end: such a file is ended by the limits of the process that reads what others made, before it is a dataset.
 * @throws Error if the file ends within a message, or states a length that none has
 */
export function* arrowMessages(source: ByteSource): Generator<Uint8Array> {
  const { size } = source;
  const isFile = size >= 8 && textOf(source.head(magic.length)) === magic;
  for (let at = isFile ? 8 : 0; at < size; ) {
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
