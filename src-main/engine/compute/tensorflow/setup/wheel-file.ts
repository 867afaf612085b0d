import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { StudioError, toErrorValue } from '../../../../../src-shared/contract/errors.ts';

/** A file as it was unpacked. */
export interface UnpackedFile {
  /** Relative to the folder. */
  readonly name: string;
  readonly bytes: number;
  readonly crc32: number;
}

/**
 * Extracts the selected files of a wheel (a zip archive of any size) as streams. Each must match the length and CRC-32 in
 * the archive's directory. Gives the files.
 * @throws StudioError invalid_file for a broken archive and for one that would write outside `folder`.
 */
export async function extractWheel(
  file: string,
  folder: string,
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<UnpackedFile[]> {
  const unpacked: UnpackedFile[] = [];
  let archive: ZipFile | null = null;
  try {
    archive = await openPromise(file, { autoClose: false, strictFileNames: true });
    for await (const entry of archive.eachEntry()) {
      const { fileName } = entry;
      if (fileName.endsWith('/') || !wanted(fileName)) continue;
      const target = join(folder, normalize(fileName));
      if (!target.startsWith(folder + sep)) throw damaged(file, `it contains ${fileName}`);
      mkdirSync(dirname(target), { recursive: true });
      await pipeline(await archive.openReadStreamPromise(entry), checksum(entry), createWriteStream(target), {
        signal,
      });
      unpacked.push({ name: normalize(fileName), bytes: entry.uncompressedSize, crc32: entry.crc32 });
    }
    return unpacked;
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof StudioError || toErrorValue(thrown).code === 'disk_full') throw thrown;
    throw damaged(file, thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    archive?.close();
  }
}

/** Passes the bytes through; fails at the end if length or CRC-32 differ. */
function checksum({ fileName, crc32: expected }: Entry): Transform {
  let found = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      found = crc32(chunk, found);
      done(null, chunk);
    },
    flush(done) {
      done(found === expected ? null : new Error(`the checksum of ${fileName} does not fit`));
    },
  });
}

function damaged(file: string, why: string): StudioError {
  return new StudioError('invalid_file', `The wheel ${file} cannot be unpacked: ${why}.`, 'Delete it and try again.');
}
