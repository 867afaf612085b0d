import { isUtf8 } from 'node:buffer';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { openRegularFile } from '../../../files/foreign-file.ts';
import { unreadable } from '../byte-source.ts';
import { type BytesListener, faultyRow, type RawRow, rowOfValue } from './raw-row.ts';
import { mayHaveWrittenNumbers, parseAsPython } from './written-number.ts';

const chunkBytes = 256 * 1024;

/**
 * The bytes of a text file in UTF-8, without a byte order mark; UTF-16 with one, as Excel writes it, is recoded.
 * @throws StudioError invalid_file for a file that is no text, such as an image or an archive named .csv
 */
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
      if (decoder === null && isBinary(bytes.subarray(0, sampleBytes)))
        throw new StudioError(
          'invalid_file',
          `${path} does not contain text in UTF-8.`,
          'If it is text, save it as UTF-8; if it is an archive, a spreadsheet or an image, export its rows as CSV or JSONL.',
        );
    }
    yield decoder === null ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
  }
}

const sampleBytes = 8192;
/** Fewer such characters are faults of their rows. */
const mostFaults = { count: 32, share: 0.1 };

/** Whether many of the characters are control characters or no UTF-8: a compressed file has over a half of those. */
function isBinary(sample: Buffer): boolean {
  const text = sample.toString('utf8');
  const faults = countGarbled(text);
  return faults > mostFaults.count && faults > mostFaults.share * text.length;
}

/** Number of replacement characters, and of control characters other than white space. */
export function countGarbled(text: string): number {
  return text.match(/(?![\t\n\r\f])[\p{Cc}\uFFFD]/gu)?.length ?? 0;
}

async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const fail = (thrown: unknown): never => {
    throw unreadable(path, thrown);
  };
  const file = await openRegularFile(path).catch(fail);
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
    const text = bytes.toString('utf8');
    // Four times as slow, and of no use where no chat template writes the numbers.
    value = /"tool(?:s|_calls)"/.test(text) && mayHaveWrittenNumbers(text) ? parseAsPython(text) : JSON.parse(text);
  } catch {
    return faultyRow(row, 'is not JSON; check its quotation marks, commas and brackets');
  }
  return rowOfValue(row, value);
}
