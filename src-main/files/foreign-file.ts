import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { linkBelow } from './below.ts';

const mebibyte = 2 ** 20;

/** The most bytes that are read of a file that somebody else may have made, by what it is. */
export const fileLimits = {
  /** config.json, adapter_config.json, generation_config.json … */
  config: 16 * mebibyte,
  /** model.safetensors.index.json: the names of all tensors. */
  index: 64 * mebibyte,
  /** README.md, PROVENANCE.md. */
  prose: mebibyte,
  /** One class a line. */
  labels: 16 * mebibyte,
  /** The largest published tokenizers (256 000 tokens with their merges) have about 35 MB. */
  tokenizer: 256 * mebibyte,
  /** SentencePiece's largest published models (262,144 pieces) have 5 MB; tekken.json has 20 MB. */
  vocabulary: 64 * mebibyte,
  /** A run or a study: parsing takes 5 s and 0.5 GB a MiB. */
  yaml: mebibyte / 2,
} as const;

/**
 * Opens a file for reading that is a regular one: a FIFO or a device would answer never or without end.
 * @throws StudioError invalid_file naming it; the system's own error where it does not exist or may not be read.
 */
export async function openRegularFile(file: string, flags = 0): Promise<FileHandle> {
  // Node's own words for it name an argument, not the file.
  if (file.includes('\0')) throw notRegular(JSON.stringify(file));
  // Without O_NONBLOCK the opening of a FIFO waits for a writer, and takes one of four threads with it.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags);
  try {
    if (!(await handle.stat()).isFile()) throw notRegular(file);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Opens a regular file below a folder that other machines write to. No link below that folder is followed.
 * @param file relative to the folder, with forward slashes
 * @throws StudioError invalid_file naming it; the system's own error where it does not exist or may not be read.
 */
export async function openBelow(folder: string, file: string): Promise<FileHandle> {
  const at = path.join(folder, file);
  const link = linkBelow(folder, at);
  if (link !== null) throw notRegular(link);
  return openRegularFile(at, constants.O_NOFOLLOW ?? 0);
}

/** Text of a regular file of at most `limit` bytes below a folder that other machines write to. Errors as `openBelow`. */
export async function readBelow(folder: string, file: string, limit: number): Promise<string> {
  return boundedText(await openBelow(folder, file), path.join(folder, file), limit);
}

/**
 * Text of a file of a folder that somebody else may have made: a regular file of at most `limit` bytes which does not
 * link out of the folder. null if it does not exist.
 * @throws StudioError invalid_file naming the file; the system's own error where it may not be read.
 */
export async function readForeignText(file: string, limit: number): Promise<string | null> {
  return (await readForeignBytes(file, limit))?.toString('utf8') ?? null;
}

/** Bytes of such a file. Errors as `readForeignText`. */
export async function readForeignBytes(file: string, limit: number): Promise<Buffer | null> {
  try {
    const real = await insideFolder(file);
    return await boundedBytes(await openRegularFile(real), real, limit);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

const lfsStart = 'version https://git-lfs.github.com/spec/';

/** Returns true for the text that Git LFS keeps in place of a file. */
export function isLfsPointer(text: string): boolean {
  return text.startsWith(lfsStart);
}

/** Error for a pointer of Git LFS in place of a file. */
export function lfsPointer(file: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${file} is a pointer of Git LFS, not the file itself.`,
    'Run "git lfs pull" in its repository, or download the file itself.',
  );
}

/** Text of a regular file of at most `limit` bytes, wherever it is: the person named it. Errors as `readForeignText`. */
export async function readBounded(file: string, limit: number): Promise<string> {
  return boundedText(await openRegularFile(file), file, limit);
}

/** Text of an open file, which is closed. */
async function boundedText(handle: FileHandle, file: string, limit: number): Promise<string> {
  return (await boundedBytes(handle, file, limit)).toString('utf8');
}

/** Bytes of an open file, which is closed. */
async function boundedBytes(handle: FileHandle, file: string, limit: number): Promise<Buffer> {
  try {
    const { size } = await handle.stat();
    if (size > limit)
      throw new StudioError(
        'invalid_file',
        `${file} has ${Math.ceil(size / mebibyte)} MiB, and at most ${limit / mebibyte} MiB are read of such a file.`,
        'Check that it is the right file.',
      );
    const bytes = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/**
 * Copies a file of a folder that somebody else may have made.
 * @throws StudioError invalid_file where it is no regular file or links out of the folder.
 */
export async function copyForeignFile(from: string, to: string): Promise<void> {
  const real = await insideFolder(from);
  await (await openRegularFile(real)).close();
  await copyFile(real, to);
}

/**
 * The file itself, with links followed. A link may lead to any place of its folder, or of the repository in the Hugging Face
 * cache whose snapshot the folder is: one that leads elsewhere would carry a private file into an export.
 */
async function insideFolder(file: string): Promise<string> {
  const real = await realpath(file);
  const folder = await realpath(path.dirname(file));
  const cached = /^(.*[\\/]models--[^\\/]+)[\\/]snapshots[\\/][^\\/]+$/.exec(folder)?.[1];
  if (real.startsWith(`${cached ?? folder}${path.sep}`)) return real;
  throw new StudioError(
    'invalid_file',
    `${file} is a link to a file outside its folder.`,
    'Put a copy of the file in its place if you want it there.',
  );
}

function notRegular(file: string): StudioError {
  return new StudioError('invalid_file', `${file} is not a regular file.`, 'Put a copy of the file in its place.');
}
