import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type Endpoint, reach, unlessStalled, unreachable } from './endpoint.ts';
import type { RemoteFile } from './needed-files.ts';

const attempts = 5;
const pauseMilliseconds = 500;

/**
 * Downloads a file to `target`, resuming an earlier attempt (`target`.incomplete), and verifies its size and hash.
 * Dropped connections are retried. `onBytes` receives the bytes downloaded so far.
 *
 * @throws StudioError naming the file; the partial download is kept unless its content is wrong.
 */
export async function fetchFile(
  endpoint: Endpoint,
  address: URL,
  file: RemoteFile,
  target: string,
  options: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
): Promise<void> {
  const partial = `${target}.incomplete`;
  await mkdir(dirname(target), { recursive: true });
  // Anything but a regular file, such as a link, is never written to.
  if ((await lstat(partial).catch(() => null))?.isFile() === false) await rm(partial, { force: true });
  for (let attempt = 1; (await sizeOf(partial)) !== file.bytes; attempt++)
    try {
      await fetchRest(endpoint, address, file, partial, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof StudioError || attempt === attempts)
        throw error instanceof StudioError ? error : unreachable(address, error);
      await delay(pauseMilliseconds * attempt, undefined, { signal: options.signal }).catch(() => undefined);
      options.signal.throwIfAborted();
    }
  const found = await hashOf(partial, file);
  if (found !== file.hash.hex) {
    await rm(partial, { force: true });
    throw new StudioError(
      'invalid_file',
      `${file.name} does not match the hub's hash (${file.hash.kind === 'sha256' ? 'SHA-256' : 'SHA-1'} ${found}).`,
      'Try again; if it persists, a proxy may be altering downloads.',
    );
  }
  await rename(partial, target);
}

/** Appends the missing bytes. Throws another error than StudioError if the connection broke. */
async function fetchRest(
  endpoint: Endpoint,
  address: URL,
  file: RemoteFile,
  partial: string,
  { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
): Promise<void> {
  const present = await sizeOf(partial);
  const resume = present > 0 && present < file.bytes;
  const response = await reach(endpoint, address, {
    what: file.name,
    signal,
    headers: { 'accept-encoding': 'identity', ...(resume ? { range: `bytes=${present}-` } : {}) },
  });
  const appends = resume && response.status === 206 && startOf(response) === present;
  const handle = await open(partial, openFlags | (appends ? constants.O_APPEND : constants.O_TRUNC));
  let done = appends ? present : 0;
  try {
    for await (const chunk of piecesOf(response, signal)) {
      done += chunk.length;
      if (done > file.bytes) break;
      await handle.writeFile(chunk);
      onBytes(done);
    }
  } finally {
    await handle.close();
  }
  if (done > file.bytes) {
    await rm(partial, { force: true });
    throw new StudioError('invalid_file', `${file.name} is longer than the ${file.bytes} bytes given by the hub.`);
  }
  if (done < file.bytes) throw new Error(`the connection ended after ${done} of ${file.bytes} bytes`);
}

/**
 * Fetches the bytes of a file from `from` up to `to`, without the rest; the hash of the file does not cover them.
 * @throws StudioError if the server sends fewer
 */
export async function fetchRange(
  endpoint: Endpoint,
  address: URL,
  file: RemoteFile,
  { from, to, signal }: { readonly from: number; readonly to: number; readonly signal: AbortSignal },
): Promise<Buffer> {
  if (from >= to) return Buffer.alloc(0);
  const headers = { 'accept-encoding': 'identity', range: `bytes=${from}-${to - 1}` };
  const response = await reach(endpoint, address, { what: file.name, signal, headers });
  // A server that ignores the range sends the file from its start.
  let skipped = response.status === 206 ? from - (startOf(response) ?? from) : from;
  const chunks: Uint8Array[] = [];
  let missing = to - from;
  try {
    for await (const chunk of piecesOf(response, signal)) {
      const wanted = chunk.subarray(skipped, skipped + missing);
      skipped = Math.max(0, skipped - chunk.length);
      chunks.push(wanted);
      missing -= wanted.length;
      if (missing === 0) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(address, error);
  }
  if (missing > 0)
    throw new StudioError('invalid_file', `${address.host} sent only a part of ${file.name}.`, 'Try again.');
  return Buffer.concat(chunks);
}

const openFlags = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

async function* piecesOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await unlessStalled(signal, () => reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Offset of a partial response: servers may ignore the range requested. */
function startOf(response: Response): number | null {
  const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return match ? Number(match[1]) : null;
}

/** Size of the file; -1 if it does not exist, since an empty file must be created too. */
async function sizeOf(path: string): Promise<number> {
  return (await lstat(path).catch(() => null))?.size ?? -1;
}

/** Returns true if the file exists with the content that the hub declares. */
export async function isIntact(path: string, file: RemoteFile): Promise<boolean> {
  const { size } = (await stat(path).catch(() => null)) ?? {};
  return size === file.bytes && (await hashOf(path, file)) === file.hash.hex;
}

async function hashOf(path: string, { bytes, hash }: RemoteFile): Promise<string> {
  const digest = createHash(hash.kind === 'sha256' ? 'sha256' : 'sha1');
  if (hash.kind === 'git-blob') digest.update(`blob ${bytes}\0`);
  await pipeline(createReadStream(path), async (chunks) => {
    for await (const chunk of chunks) digest.update(chunk);
  });
  return digest.digest('hex');
}
