import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { maskedCrc32c } from './crc32c.ts';

/** Length, and its checksum. */
const headBytes = 12;
const sumBytes = 4;
/** An event with images may be long; a longer record is a wrong length. */
const longestRecord = 64 * 1024 * 1024;
const chunkBytes = 1024 * 1024;

/** A record of a TFRecord file: length, its checksum, the data, their checksum. */
export function encodeRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(headBytes + data.length + sumBytes);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, headBytes);
  record.writeUInt32LE(maskedCrc32c(data), headBytes + data.length);
  return record;
}

/**
 * The records of a TFRecord file. One that ends early at the end of the file is left out: whoever was writing it was
 * killed, or still writes.
 * @throws StudioError invalid_file where a checksum or a length is wrong
 */
export async function* readRecords(path: string): AsyncGenerator<Buffer, void> {
  /** Bytes read but not yet returned, from `position` of the file. */
  let buffer = Buffer.alloc(0);
  let position = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    buffer = Buffer.concat([buffer, z.instanceof(Buffer).parse(chunk)]);
    let offset = 0;
    for (;;) {
      const length = recordLength(buffer.subarray(offset), path, position);
      if (length === null || offset + headBytes + length + sumBytes > buffer.length) break;
      const data = buffer.subarray(offset + headBytes, offset + headBytes + length);
      if (buffer.readUInt32LE(offset + headBytes + length) !== maskedCrc32c(data)) throw corrupt(path, position);
      yield data;
      offset += headBytes + length + sumBytes;
      position += headBytes + length + sumBytes;
    }
    buffer = buffer.subarray(offset);
  }
}

/** null where the bytes do not reach so far. */
function recordLength(bytes: Buffer, path: string, position: number): number | null {
  if (bytes.length < headBytes) return null;
  if (bytes.readUInt32LE(8) !== maskedCrc32c(bytes.subarray(0, 8))) throw corrupt(path, position);
  const length = Number(bytes.readBigUInt64LE());
  if (length > longestRecord)
    throw new StudioError('invalid_file', `${path} has a record of ${length} bytes, more than can be read.`);
  return length;
}

function corrupt(path: string, position: number): StudioError {
  return new StudioError(
    'invalid_file',
    `${path} is not an event file of TensorBoard or is corrupt: the checksum of its record at byte ${position} is wrong.`,
  );
}
