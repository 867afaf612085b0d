import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { unreadable } from '../byte-source.ts';
import { faultyRow, type RawRow, rowOfValue } from './raw-row.ts';

const chunkBytes = 256 * 1024;

/** The bytes of a text file in UTF-8, without a byte order mark; UTF-16 with one, as Excel writes it, is recoded. */
export async function* utf8Chunks(path: string): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | null = null;
  let first = true;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
      let bytes: Buffer = Buffer.from(chunk);
      if (first) {
        first = false;
        if (bytes[0] === 0xff && bytes[1] === 0xfe) decoder = new TextDecoder('utf-16le');
        else if (bytes[0] === 0xfe && bytes[1] === 0xff) decoder = new TextDecoder('utf-16be');
        else if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      }
      yield decoder === null ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
    }
  } catch (thrown) {
    throw unreadable(path, thrown);
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
