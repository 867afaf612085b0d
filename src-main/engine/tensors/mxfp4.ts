/** Bytes of a block's codes: 32 values of 4 bits. */
export const mxfp4Bytes = 16;

/** Values of FP4 (E2M1) by their codes. */
const levels = Float32Array.of(0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6);

/**
 * Decodes MXFP4 (Open Compute Project 2023) as gpt-oss stores it: blocks of 32 codes, the earlier of two in the low half of a
 * byte, and for each block a power of two with 127 added to its exponent.
 */
export function decodeMxfp4(codes: ArrayLike<number>, exponents: ArrayLike<number>): Float32Array {
  const values = new Float32Array(codes.length * 2);
  const scaled = new Float32Array(levels.length);
  for (let block = 0; block < exponents.length; block++) {
    const scale = 2 ** ((exponents[block] ?? 0) - 127);
    for (let code = 0; code < levels.length; code++) scaled[code] = (levels[code] ?? 0) * scale;
    for (let at = block * mxfp4Bytes; at < (block + 1) * mxfp4Bytes; at++) {
      const byte = codes[at] ?? 0;
      values[2 * at] = scaled[byte & 15] ?? 0;
      values[2 * at + 1] = scaled[byte >> 4] ?? 0;
    }
  }
  return values;
}

/** Bytes of a block of MXFP4 in a GGUF file: the exponent, then the codes of the first 16 values in the low halves. */
export const ggmlMxfp4Bytes = 1 + mxfp4Bytes;

/** Turns blocks of a GGUF file into the codes and exponents that gpt-oss stores. */
export function mxfp4OfGgml(blocks: Uint8Array): {
  codes: Uint8Array<ArrayBuffer>;
  exponents: Uint8Array<ArrayBuffer>;
} {
  const count = blocks.length / ggmlMxfp4Bytes;
  const [codes, exponents] = [new Uint8Array(count * mxfp4Bytes), new Uint8Array(count)];
  for (let block = 0; block < count; block++) {
    const from = block * ggmlMxfp4Bytes;
    exponents[block] = blocks[from] ?? 0;
    const codeAt = (index: number) => {
      const byte = blocks[from + 1 + (index % mxfp4Bytes)] ?? 0;
      return index < mxfp4Bytes ? byte & 15 : byte >> 4;
    };
    for (let pair = 0; pair < mxfp4Bytes; pair++)
      codes[block * mxfp4Bytes + pair] = codeAt(2 * pair) | (codeAt(2 * pair + 1) << 4);
  }
  return { codes, exponents };
}
