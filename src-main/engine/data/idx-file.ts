import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type ByteSource, openByteSource } from './byte-source.ts';

/**
 * An IDX file (LeCun's format): two zero bytes, the type (0x08: unsigned bytes), the number of dimensions, then each
 * dimension as a big-endian 32-bit number, then the values, row by row. Raw or gzip-compressed.
 */
export interface IdxFile {
  readonly path: string;
  readonly shape: readonly number[];
  /** Values `start` to `start + length` of the flat array. */
  read(start: number, length: number): Promise<Uint8Array> | Uint8Array;
  close(): void;
}

const unsignedBytes = 0x08;

/**
 * Opens an IDX file of unsigned bytes with one of `dimensionCounts` dimensions.
 * Throws StudioError('invalid_file') naming the file and offset if the header or the size is wrong.
 */
export function openIdxFile(path: string, dimensionCounts: readonly number[]): IdxFile {
  const source = openByteSource(path);
  try {
    const shape = readHeader(source, dimensionCounts);
    const start = 4 + 4 * shape.length;
    return {
      path,
      shape,
      read: (offset, length) => source.read(start + offset, length),
      close: source.close,
    };
  } catch (thrown) {
    source.close();
    throw thrown;
  }
}

function readHeader(source: ByteSource, dimensionCounts: readonly number[]): number[] {
  const magic = source.head(4);
  if (magic.length < 4) throw invalid(source, `ends at byte ${magic.length}, inside the magic number`);
  const dimensionCount = magic[3] ?? 0;
  if (magic[0] !== 0 || magic[1] !== 0)
    throw invalid(source, 'does not start with the two zero bytes of an IDX file (offset 0)');
  if (magic[2] !== unsignedBytes)
    throw invalid(source, `has the value type 0x${hex(magic[2])} at offset 2; only unsigned bytes (0x08) are read`);
  if (!dimensionCounts.includes(dimensionCount))
    throw invalid(source, `has ${dimensionCount} dimensions at offset 3, not ${dimensionCounts.join(' or ')}`);

  const headerLength = 4 + 4 * dimensionCount;
  const header = source.head(headerLength);
  if (header.length < headerLength) throw invalid(source, `ends at byte ${header.length}, inside the dimensions`);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const shape = Array.from({ length: dimensionCount }, (_, index) => view.getUint32(4 + 4 * index));
  const zero = shape.indexOf(0);
  if (zero > 0) throw invalid(source, `has a dimension of 0 at offset ${4 + 4 * zero}`);

  const expected = headerLength + shape.reduce((product, size) => product * size, 1);
  if (source.size !== expected) {
    const rowBytes = shape.slice(1).reduce((product, size) => product * size, 1);
    const row = Math.floor((source.size - headerLength) / rowBytes);
    const where = source.size < expected ? `ends inside row ${Math.max(0, row)}` : 'has bytes behind the last row';
    throw invalid(
      source,
      `states ${shape.join(' × ')} values, ${expected} bytes in all, has ${source.size}: it ${where}`,
    );
  }
  return shape;
}

function invalid(source: ByteSource, what: string): StudioError {
  return new StudioError('invalid_file', `${source.path} ${what}.`, 'Get the file again if it is truncated.');
}

function hex(value: number | undefined): string {
  return (value ?? 0).toString(16).padStart(2, '0');
}
