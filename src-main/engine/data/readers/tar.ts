import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { BytesListener } from '../text/raw-row.ts';
import { unpackedChunks } from '../text/utf8-chunks.ts';

const block = 512;
/** A larger file of an archive is rejected: each is held in memory. */
const maxEntryBytes = 64 * 2 ** 20;

interface TarEntry {
  /** Path inside the archive. */
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * The regular files of a tar archive (ustar, GNU and pax), in their order; links and folders are skipped. Nothing is
 * written to the disk.
 * @throws StudioError invalid_file if it is damaged, or if a file in it is too large
 */
export async function* tarEntries(path: string, onBytes?: BytesListener): AsyncGenerator<TarEntry> {
  const reader = new BlockReader(unpackedChunks(path, onBytes));
  try {
    let longName: string | null = null;
    for (;;) {
      const header = await reader.take(block);
      if (header.length === 0 || header.every((byte) => byte === 0)) return;
      if (header.length < block) throw damaged(path, 'it ends inside a header');
      if (!hasChecksum(header)) throw damaged(path, 'a header has the wrong checksum');
      const size = sizeOf(header);
      const type = String.fromCharCode(header[156] ?? 0);
      if (!Number.isSafeInteger(size) || size < 0 || size > maxEntryBytes)
        throw new StudioError(
          'invalid_file',
          `${path} has a file of more than ${maxEntryBytes / 2 ** 20} MiB: ${(longName ?? nameOf(header)).slice(0, 200)}.`,
          'Leave it out of the archive.',
        );
      const bytes = await reader.take(size);
      if (bytes.length < size) throw damaged(path, 'it ends inside a file');
      await reader.take((block - (size % block)) % block);
      if (type === 'L') longName = textOf(bytes);
      else if (type === 'x') longName = paxPath(bytes) ?? longName;
      else {
        // NUL and 0 are regular files; 7 is one that was written in one piece.
        if (['0', '\0', '7'].includes(type)) yield { name: longName ?? nameOf(header), bytes };
        if (type !== 'g') longName = null;
      }
    }
  } finally {
    await reader.close();
  }
}

class BlockReader {
  private readonly chunks: AsyncGenerator<Buffer>;
  private held: Buffer[] = [];
  private heldBytes = 0;

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.chunks = chunks;
  }

  /** The next bytes; fewer at the end of the file. */
  async take(length: number): Promise<Buffer> {
    while (this.heldBytes < length) {
      const next = await this.chunks.next();
      if (next.done) break;
      this.held.push(next.value);
      this.heldBytes += next.value.length;
    }
    const [only] = this.held;
    const all = this.held.length === 1 && only !== undefined ? only : Buffer.concat(this.held);
    const taken = all.subarray(0, length);
    this.held = [all.subarray(length)];
    this.heldBytes = all.length - taken.length;
    // A view would keep the whole piece of the file in memory.
    return Buffer.from(taken);
  }

  async close(): Promise<void> {
    await this.chunks.return(undefined);
  }
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
}

function nameOf(header: Buffer): string {
  const prefix = header.subarray(257, 262).toString('latin1') === 'ustar' ? textOf(header.subarray(345, 500)) : '';
  const name = textOf(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Size in octal digits, or in binary with the first bit set. */
function sizeOf(header: Buffer): number {
  const field = header.subarray(124, 136);
  if (((field[0] ?? 0) & 0x80) === 0) {
    const digits = textOf(field).trim();
    return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  }
  return field.subarray(1).reduce((size, byte) => size * 256 + byte, 0);
}

/** The sum of the header's bytes, with spaces in place of the sum itself. */
function hasChecksum(header: Buffer): boolean {
  const stated = Number.parseInt(textOf(header.subarray(148, 156)).trim(), 8);
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum === stated;
}

/** The path of a pax header: lines of a length, a name and a value. */
function paxPath(bytes: Buffer): string | null {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(bytes.toString('utf8'))?.[1] ?? null;
}

function damaged(path: string, why: string): StudioError {
  return new StudioError('invalid_file', `${path} is a damaged tar archive: ${why}.`, 'Copy or download it again.');
}
