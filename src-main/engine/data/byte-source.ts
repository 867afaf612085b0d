import { closeSync, constants as fileConstants, fstatSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync } from 'node:zlib';
import { StudioError } from '../../../src-shared/contract/errors.ts';

const unzip = promisify(gunzip);
/** Compressed bytes read for a header: enough for any, and at most some 4 MB when decompressed. */
const peekedBytes = 4096;
const largestUnpacked = 2 ** 31 - 1;

/** Content of a raw or gzip-compressed file. */
export interface ByteSource {
  readonly path: string;
  /** Bytes of the decompressed content; for gzip, the size in its trailer (verified when the content is read). */
  readonly size: number;
  /** The first `length` bytes, without decompressing the rest; fewer if the content is shorter. */
  head(length: number): Uint8Array;
  /** Throws StudioError('invalid_file') if the file ends early or its checksum is wrong. */
  read(offset: number, length: number): Promise<Uint8Array> | Uint8Array;
  close(): void;
}

/**
 * Opens `path`; gzip is detected by its first two bytes, not by the file's name. Throws StudioError if it cannot be
 * read.
 */
export function openByteSource(path: string): ByteSource {
  const descriptor = openToRead(path);
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new StudioError('invalid_file', `${path} is not a file.`);
    const start = readExactly(descriptor, path, 0, Math.min(2, status.size));
    if (start[0] === 0x1f && start[1] === 0x8b) {
      const source = gzipSource(descriptor, path, status.size);
      closeSync(descriptor);
      return source;
    }
    return rawSource(descriptor, path, status.size);
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
}

/** Opens a file descriptor, which the caller must close. @throws StudioError naming the file if it cannot be opened */
export function openToRead(path: string): number {
  try {
    // Without O_NONBLOCK the opening of a FIFO waits for a writer.
    return openSync(path, fileConstants.O_RDONLY | (fileConstants.O_NONBLOCK ?? 0));
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function rawSource(descriptor: number, path: string, size: number): ByteSource {
  let open = true;
  return {
    path,
    size,
    head: (length) => readExactly(descriptor, path, 0, Math.min(length, size)),
    read: (offset, length) => readExactly(descriptor, path, offset, length),
    close: () => {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function gzipSource(descriptor: number, path: string, packedSize: number): ByteSource {
  if (packedSize < 18) throw damaged(path, `it has ${packedSize} bytes, less than the smallest gzip file`);
  const trailer = readExactly(descriptor, path, packedSize - 4, 4);
  const size = new DataView(trailer.buffer, trailer.byteOffset, 4).getUint32(0, true);
  if (size > largestUnpacked) throw damaged(path, `its trailer states ${size} bytes, more than 2 GiB`);
  const peeked = readExactly(descriptor, path, 0, Math.min(peekedBytes, packedSize));
  let content: Promise<Uint8Array> | null = null;
  return {
    path,
    size,
    head: (length) => {
      try {
        return gunzipSync(peeked, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, length);
      } catch (thrown) {
        throw damaged(path, message(thrown));
      }
    },
    read: async (offset, length) => {
      content ??= unpack(path, size);
      const bytes = await content;
      if (offset + length > bytes.length) throw endsEarly(path, offset, length, bytes.length);
      return bytes.subarray(offset, offset + length);
    },
    close: () => {
      content = null;
    },
  };
}

async function unpack(path: string, size: number): Promise<Uint8Array> {
  let packed: Uint8Array;
  try {
    packed = await readFile(path);
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
  try {
    const bytes = await unzip(packed, { maxOutputLength: Math.max(size, 1) });
    if (bytes.length !== size)
      throw damaged(path, `it unpacks to ${bytes.length} bytes where its trailer states ${size}`);
    return bytes;
  } catch (thrown) {
    if (thrown instanceof StudioError) throw thrown;
    throw damaged(path, message(thrown));
  }
}

function readExactly(descriptor: number, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    let read: number;
    try {
      read = readSync(descriptor, bytes, done, length - done, offset + done);
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
    if (read === 0) throw endsEarly(path, offset, length, offset + done);
    done += read;
  }
  return bytes;
}

/** A file that cannot be opened: missing, or without permission. */
export function unreadable(path: string, thrown: unknown): StudioError {
  if (thrown instanceof StudioError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  if (code === 'ENOENT') return new StudioError('not_found', `${path} is not there.`, 'Was it moved or renamed?');
  if (code === 'EACCES') return new StudioError('invalid_file', `${path} may not be read by this user.`);
  return new StudioError('invalid_file', `${path} cannot be read: ${message(thrown)}.`);
}

function damaged(path: string, why: string): StudioError {
  return new StudioError('invalid_file', `${path} is a damaged gzip file: ${why}.`, 'Get the file again.');
}

function endsEarly(path: string, offset: number, length: number, size: number): StudioError {
  return new StudioError(
    'invalid_file',
    `${path} ends at byte ${size}, before byte ${offset + length} that is needed (read from offset ${offset}).`,
    'The file is truncated: get it again.',
  );
}

/** Returns the first line of a library's error, without the details for programmers. */
export function firstLine(thrown: unknown): string {
  return message(thrown).split('\n')[0] ?? '';
}

function message(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
