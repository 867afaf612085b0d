import { gzipSync } from 'node:zlib';

/**
 * An IDX file of bytes, as MNIST's: the sizes in a header, then the values.
 * @param {number[]} dimensions
 * @param {Uint8Array} bytes
 */
export function idxFile(dimensions, bytes) {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = 0x08;
  header[3] = dimensions.length;
  for (const [index, size] of dimensions.entries()) header.writeUInt32BE(size, 4 + 4 * index);
  return Buffer.concat([header, bytes]);
}

/**
 * The same, packed.
 * @param {number[]} dimensions
 * @param {Uint8Array} bytes
 */
export function packedIdxFile(dimensions, bytes) {
  return gzipSync(idxFile(dimensions, bytes), { level: 9 });
}
