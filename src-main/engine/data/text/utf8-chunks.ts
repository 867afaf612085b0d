import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { unreadable } from '../byte-source.ts';
import { type BytesListener, faultyRow, type RawRow, rowOfValue } from './raw-row.ts';

const chunkBytes = 256 * 1024;

/** The bytes of a text file in UTF-8, without a byte order mark; UTF-16 with one, as Excel writes it, is recoded. */
export async function* utf8Chunks(path: string, onBytes?: BytesListener): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let first = true;
  for await (const read of fileChunks(path)) {
    onBytes?.(read.length);
    let bytes = read;
    if (first) {
      first = false;
      if (bytes[0] === 0xff && bytes[1] === 0xfe) decoder = new TextDecoder('utf-16le');
      else if (bytes[0] === 0xfe && bytes[1] === 0xff) decoder = new TextDecoder('utf-16be');
      else if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    yield decoder === null ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
  }
}

async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const fail = (thrown: unknown): never => {
    throw unreadable(path, thrown);
  };
  const file = await open(path).catch(fail);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes).catch(fail);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Reads one JSON object out of its bytes. */
export function rowOfJson(row: number, bytes: Buffer): RawRow {
  if (!isUtf8(bytes)) return faultyRow(row, 'has bytes that are not UTF-8; save the file as UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return faultyRow(row, 'is not JSON; check its quotation marks, commas and brackets');
  }
  return rowOfValue(row, value);
}
