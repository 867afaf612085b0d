import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { StudioError } from '../../../../../src-shared/contract/errors.ts';

interface Entry {
  readonly name: string;
  readonly compressed: boolean;
  readonly compressedBytes: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/**
 * Takes the wanted files out of a wheel (a zip archive) one after the other, without holding any of them in memory. Wheels
 * above 4 GiB (zip64) are refused.
 */
export async function extractWheel(
  file: string,
  folder: string,
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(file);
  try {
    for (const entry of await listEntries(handle, file)) {
      if (entry.name.endsWith('/') || !wanted(entry.name)) continue;
      const target = join(folder, normalize(entry.name));
      if (!target.startsWith(folder + sep)) throw damaged(file, `it holds ${entry.name}`);
      mkdirSync(dirname(target), { recursive: true });
      const header = await read(handle, entry.offset, 30, file);
      const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
      if (entry.compressedBytes === 0) await writeFile(target, '');
      else {
        const output = createWriteStream(target);
        const input = createReadStream(file, { start, end: start + entry.compressedBytes - 1 });
        if (entry.compressed) await pipeline(input, createInflateRaw(), output, { signal });
        else await pipeline(input, output, { signal });
      }
    }
  } finally {
    await handle.close();
  }
}

/** The archive's own directory, which stands at its end. */
async function listEntries(handle: FileHandle, file: string): Promise<Entry[]> {
  const { size } = await handle.stat();
  const tailStart = Math.max(0, size - 65_557);
  const tail = await read(handle, tailStart, size - tailStart, file);
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0) throw damaged(file, 'it is no zip archive');
  const [count, bytes, offset] = [
    tail.readUInt16LE(end + 10),
    tail.readUInt32LE(end + 12),
    tail.readUInt32LE(end + 16),
  ];
  if (count === 0xffff || offset === 0xffffffff) throw damaged(file, 'it is a zip64 archive');
  const directory = await read(handle, offset, bytes, file);
  const entries: Entry[] = [];
  let at = 0;
  while (entries.length < count) {
    if (directory.readUInt32LE(at) !== 0x02014b50) throw damaged(file, 'its directory is cut off');
    const nameLength = directory.readUInt16LE(at + 28);
    const method = directory.readUInt16LE(at + 10);
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
    if (method !== 0 && method !== 8) throw damaged(file, `${name} is packed in an unknown way`);
    entries.push({
      name,
      compressed: method === 8,
      compressedBytes: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function read(handle: FileHandle, position: number, length: number, file: string): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead !== length) throw damaged(file, 'it is cut off');
  return buffer;
}

function damaged(file: string, why: string): StudioError {
  return new StudioError('invalid_file', `The wheel ${file} cannot be unpacked: ${why}.`, 'Delete it and try again.');
}
