import type { Image } from './dataset.ts';

/** Header of a Windows bitmap, of which the pixels follow uncompressed. */
export interface BmpHeader {
  readonly height: number;
  readonly width: number;
  readonly grey: boolean;
  readonly bits: number;
  readonly offset: number;
  readonly isTopDown: boolean;
  /** RGB for each color number; empty above 8 bits. */
  readonly palette: Uint8Array;
}

/** Bytes that hold any header and its palette. */
export const bmpHeaderBytes = 2048;
const fileHeaderBytes = 14;
/** Pixel storage: plain, or plain with masks for the channels; only the default masks are supported. */
const [plain, masked] = [0, 3];
const usualMasks = [0xff0000, 0xff00, 0xff];

export function isBmp(head: Buffer): boolean {
  return head.length >= fileHeaderBytes + 16 && head.toString('latin1', 0, 2) === 'BM';
}

/** @throws Error with the reason for a bitmap that is not read, such as a compressed one */
export function readBmpHeader(head: Buffer): BmpHeader {
  const infoBytes = head.readUInt32LE(fileHeaderBytes);
  if (infoBytes < 40 || head.length < fileHeaderBytes + 40) throw new Error('it is a bitmap of OS/2, or truncated');
  const [width, signed] = [head.readInt32LE(18), head.readInt32LE(22)];
  const [bits, compression] = [head.readUInt16LE(28), head.readUInt32LE(30)];
  const isUsual =
    compression === masked && bits === 32 && usualMasks.every((mask, at) => head.readUInt32LE(54 + 4 * at) === mask);
  if (compression !== plain && !isUsual) throw new Error('it is a compressed bitmap; save it as PNG');
  if (![1, 4, 8, 24, 32].includes(bits)) throw new Error(`it is a bitmap of ${bits} bits a pixel; save it as PNG`);
  if (width < 1 || signed === 0) throw new Error('it has no pixels');
  const colors = bits > 8 ? 0 : Math.min(head.readUInt32LE(46) || 2 ** bits, 2 ** bits);
  const start = fileHeaderBytes + infoBytes;
  if (start + 4 * colors > head.length) throw new Error('its palette is truncated');
  const palette = new Uint8Array(3 * colors);
  for (let color = 0; color < colors; color++)
    for (let channel = 0; channel < 3; channel++)
      palette[3 * color + channel] = head[start + 4 * color + 2 - channel] ?? 0;
  const grey = colors > 0 && palette.every((value, at) => value === palette[at - (at % 3)]);
  return { width, height: Math.abs(signed), grey, bits, offset: head.readUInt32LE(10), isTopDown: signed < 0, palette };
}

/** The pixels as RGB. @throws Error if the file ends before them */
export function decodeBmp(bytes: Buffer, header: BmpHeader): Image {
  const { width, height, bits, offset, isTopDown, palette } = header;
  const rowBytes = 4 * Math.ceil((width * bits) / 32);
  if (offset + rowBytes * height > bytes.length) throw new Error('it is truncated');
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = offset + rowBytes * (isTopDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const to = 3 * (y * width + x);
      if (bits > 8) {
        const from = row + (x * bits) / 8;
        for (let channel = 0; channel < 3; channel++) pixels[to + channel] = bytes[from + 2 - channel] ?? 0;
        continue;
      }
      const byte = bytes[row + ((x * bits) >> 3)] ?? 0;
      const color = (byte >> (8 - bits - ((x * bits) & 7))) & (2 ** bits - 1);
      pixels.set(palette.subarray(3 * color, 3 * color + 3), to);
    }
  }
  return { pixels, height, width, channels: 3 };
}
