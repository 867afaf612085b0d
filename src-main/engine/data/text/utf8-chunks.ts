import { isAscii, isUtf8 } from 'node:buffer';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { openRegularFile } from '../../../files/foreign-file.ts';
import { unreadable } from '../byte-source.ts';
import { encodingLabel, type FoundEncoding, findEncoding } from './encoding.ts';
import { chooseEncoding, guessedEncoding } from './file-notes.ts';
import { countGarbled } from './garbled.ts';
import { type BytesListener, faultyRow, type RawRow, type RowReading, rowOfValue } from './raw-row.ts';
import { unpacked } from './unpacked.ts';
import { mayHaveLongIntegers, mayHaveWrittenNumbers, parseAsPython, parseIntegersExactly } from './written-number.ts';

const chunkBytes = 256 * 1024;

/**
 * The bytes of a text file in UTF-8, without a byte order mark; those in another encoding, as the option says or as they look,
 * are recoded.
 * @throws StudioError invalid_file for a file that is no text, such as an image or an archive named .csv
 */
export async function* utf8Chunks(path: string, { options, onBytes }: RowReading): AsyncGenerator<Buffer> {
  const chunks = unpackedChunks(path, onBytes);
  try {
    const { sample, encoding } = await beginning(chunks, options);
    const decoder = encoding.name === 'utf-8' ? null : new TextDecoder(encoding.name);
    const decoded = (part: Buffer): Buffer =>
      decoder === null ? part : Buffer.from(decoder.decode(part, { stream: true }));
    for (let start = encoding.skipped; start < sample.length; start += chunkBytes) {
      const bytes = decoded(sample.subarray(start, start + chunkBytes));
      if (start === encoding.skipped && isBinary(bytes.subarray(0, sampleBytes)))
        throw new StudioError(
          'invalid_file',
          `${path} does not contain text in ${encodingLabel(encoding.name)}.`,
          'Choose the encoding of a text file, e.g. encoding=windows-1252. Export the rows of an archive, a spreadsheet or an image as CSV or JSONL.',
        );
      yield bytes;
    }
    for await (const chunk of chunks) yield decoded(chunk);
    const rest = decoder?.decode() ?? '';
    if (rest !== '') yield Buffer.from(rest);
  } finally {
    await chunks.return(undefined);
  }
}

/** Returns the guess about a file's encoding. */
export async function encodingNotes(path: string, options: ParameterValues): Promise<string[]> {
  const { encoding } = await beginningAlone(path, options);
  return encoding.isGuessed ? [guessedEncoding(encodingLabel(encoding.name))] : [];
}

/** The first text of a file. */
export async function beginningOf(path: string, options: ParameterValues): Promise<string> {
  const { sample, encoding } = await beginningAlone(path, options);
  return new TextDecoder(encoding.name).decode(sample.subarray(0, chunkBytes), { stream: true });
}

async function beginningAlone(path: string, options: ParameterValues): ReturnType<typeof beginning> {
  const chunks = unpackedChunks(path);
  try {
    return await beginning(chunks, options);
  } finally {
    await chunks.return(undefined);
  }
}

/** Plain text to tell the encoding from: where it begins with ASCII alone, it goes on for so long. */
const maxAscii = 4 * 2 ** 20;

async function beginning(
  chunks: AsyncGenerator<Buffer>,
  options: ParameterValues,
): Promise<{ sample: Buffer; encoding: FoundEncoding }> {
  const read: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const next = await chunks.next();
    if (next.done) break;
    read.push(next.value);
    bytes += next.value.length;
    if (!isAscii(next.value) || bytes >= maxAscii) break;
  }
  const sample = Buffer.concat(read);
  return { sample, encoding: findEncoding(sample, String(options['encoding'] ?? 'auto')) };
}

const sampleBytes = 8192;
/** Fewer such characters are faults of their rows. */
const maxFaults = { count: 32, share: 0.1 };

/** Returns true if many characters are control characters or invalid UTF-8: in a compressed file, over half are. */
function isBinary(sample: Buffer): boolean {
  const text = sample.toString('utf8');
  const faults = countGarbled(text);
  return faults > maxFaults.count && faults > maxFaults.share * text.length;
}

/** The bytes of a file, unpacked if it is packed. @throws StudioError invalid_file where it is packed and damaged */
export function unpackedChunks(path: string, onBytes?: BytesListener): AsyncGenerator<Buffer> {
  return unpacked(path, fileChunks(path, onBytes));
}

async function* fileChunks(path: string, onBytes?: BytesListener): AsyncGenerator<Buffer> {
  const fail = (thrown: unknown): never => {
    throw unreadable(path, thrown);
  };
  const file = await openRegularFile(path).catch(fail);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes).catch(fail);
      if (bytesRead === 0) return;
      onBytes?.(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Reads one JSON object out of its bytes. */
export function rowOfJson(row: number, bytes: Buffer): RawRow {
  if (!isUtf8(bytes)) return faultyRow(row, `has bytes that are not UTF-8; ${chooseEncoding}`);
  let value: unknown;
  try {
    value = parsed(bytes.toString('utf8'));
  } catch {
    return faultyRow(row, 'is not JSON; check its quotation marks, commas and brackets');
  }
  return rowOfValue(row, value);
}

function parsed(text: string): unknown {
  // Four times as slow, and of no use where no chat template writes the numbers.
  const parse =
    /"tool(?:s|_calls)"/.test(text) && mayHaveWrittenNumbers(text)
      ? parseAsPython
      : mayHaveLongIntegers(text)
        ? parseIntegersExactly
        : JSON.parse;
  try {
    return parse(text);
  } catch (thrown) {
    const standard = withoutNaN(text);
    if (standard === text) throw thrown;
    return parse(standard);
  }
}

/** Python writes missing numbers as NaN and infinite ones as Infinity, which JSON does not have: null. */
function withoutNaN(text: string): string {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gs, (found) =>
    found.startsWith('"') ? found : 'null',
  );
}
