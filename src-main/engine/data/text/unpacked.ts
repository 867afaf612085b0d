import { Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { firstLine } from '../byte-source.ts';

interface Packer {
  readonly name: string;
  readonly magic: Buffer;
  readonly extension: string;
  unpack(): Transform;
}

/** Compression formats of text files, detected by the first bytes regardless of the file name. */
const packers: readonly Packer[] = [
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b]), extension: 'gz', unpack: () => createGunzip() },
  { name: 'Zstandard', magic: Buffer.from('28b52ffd', 'hex'), extension: 'zst', unpack: () => createZstdDecompress() },
];

/** Extensions of text files, also of packed ones: csv, csv.gz, csv.zst. */
export function packable(...extensions: readonly string[]): string[] {
  return extensions.flatMap((name) => [name, ...packers.map(({ extension }) => `${name}.${extension}`)]);
}

/**
 * The bytes of a file as they are or, of a packed one, as they were; never more than a piece of it in memory.
 * @throws StudioError invalid_file where it is packed and damaged
 */
export async function* unpacked(path: string, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    const first = await chunks.next();
    if (first.done) return;
    const packer = packers.find(({ magic }) => first.value.subarray(0, magic.length).equals(magic));
    if (packer !== undefined) return yield* unpackedBy(packer, path, startingWith(first.value, chunks));
    yield first.value;
    yield* chunks;
  } finally {
    // Whoever stops at the first piece leaves the file of the others open.
    await chunks.return(undefined);
  }
}

async function* unpackedBy(packer: Packer, path: string, packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const unpack = packer.unpack();
  const source = Readable.from(packed);
  source.on('error', (error) => unpack.destroy(error));
  source.pipe(unpack);
  try {
    for await (const chunk of unpack) yield Buffer.from(chunk);
  } catch (thrown) {
    if (thrown instanceof StudioError) throw thrown;
    throw new StudioError(
      'invalid_file',
      `${path} is packed by ${packer.name} and damaged: ${firstLine(thrown)}.`,
      'Copy or download it again.',
    );
  } finally {
    source.destroy();
    unpack.destroy();
  }
}

async function* startingWith(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}
