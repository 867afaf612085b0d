import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { cmykToRgb } from '../../../src-main/engine/data/cmyk.ts';
import { decodeImage, readImageHeader } from '../../../src-main/engine/data/image-file.ts';
import { temporaryFolder } from './make-data.ts';

const folder = temporaryFolder();
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';

describe('an image file', () => {
  test.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)('%s is decoded', async (format) => {
    const path = join(folder, `image.${format}`);
    await sharp({ create: { width: 5, height: 3, channels: 3, background: { r: 200, g: 100, b: 0 } } })
      .toFormat(format)
      .toFile(path);
    expect(await readImageHeader(path)).toMatchObject({ height: 3, width: 5 });
    const { pixels, channels } = await decodeImage(path, 3);
    expect(channels).toBe(3);
    expect(Math.abs((pixels[0] ?? 0) - 200)).toBeLessThan(12);
  });

  test.each([24, 32, 8, 1] as const)('a bitmap of %i bits a pixel is decoded, from the bottom up', async (bits) => {
    const [width, height] = [3, 2];
    const rowBytes = 4 * Math.ceil((width * bits) / 32);
    const offset = 54 + (bits > 8 ? 0 : 4 * 2 ** bits);
    const file = Buffer.alloc(offset + rowBytes * height);
    file.write('BM');
    for (const [at, value] of [
      [10, offset],
      [14, 40],
      [18, width],
      [22, height],
    ] as const)
      file.writeUInt32LE(value, at);
    file.writeUInt16LE(bits, 28);
    // The second color, and the lower left pixel of it.
    if (bits > 8) file.set([1, 2, 3], offset);
    else file.set([1, 2, 3], 58);
    if (bits === 8) file[offset] = 1;
    if (bits === 1) file[offset] = 0x80;
    const path = join(folder, `${bits}.bmp`);
    writeFileSync(path, file);
    expect(await readImageHeader(path)).toMatchObject({ height, width, grey: false });
    const { pixels } = await decodeImage(path, 3);
    expect([...pixels]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 0, 0, 0, 0, 0, 0]);
    writeFileSync(path, file.subarray(0, -4));
    await expect(decodeImage(path, 3)).rejects.toThrow('is not a readable image: it is truncated');
    file.writeUInt32LE(1, 30);
    writeFileSync(path, file);
    await expect(readImageHeader(path)).rejects.toThrow('it is a compressed bitmap; save it as PNG');
  });

  test('inks are mixed as Pillow mixes them', () => {
    expect([...cmykToRgb(Uint8Array.of(172, 47, 117, 192, 67, 251, 195, 103))]).toEqual([21, 51, 34, 112, 2, 36]);
  });

  test('grey of 16 bits is clipped to 8, as Pillow has it', async () => {
    const path = join(folder, 'deep.png');
    const values = Uint16Array.of(0, 7, 255, 256, 4000, 65535);
    await sharp(values, { raw: { width: 3, height: 2, channels: 1 } })
      .toColorspace('grey16')
      .png()
      .toFile(path);
    expect(await decodeImage(path)).toMatchObject({ channels: 1, pixels: Uint8Array.of(0, 7, 255, 255, 255, 255) });
    expect((await decodeImage(path, 3)).pixels.slice(3, 9)).toEqual(Uint8Array.of(7, 7, 7, 255, 255, 255));
  });

  test('an SVG is refused, whatever it is called', async () => {
    for (const name of ['image.svg', 'renamed.png']) {
      writeFileSync(join(folder, name), svg);
      await expect(decodeImage(join(folder, name), 3)).rejects.toThrow(`${name} is not a readable image`);
    }
  });

  test('more pixels than memory is meant for are refused by the header alone', async () => {
    const path = join(folder, 'bomb.png');
    await sharp({ create: { width: 9000, height: 8000, channels: 3, background: 'red' }, limitInputPixels: false })
      .png({ compressionLevel: 9 })
      .toFile(path);
    await expect(readImageHeader(path)).rejects.toThrow(
      'bomb.png has 8000 × 9000 pixels, and at most 64 million are read',
    );
    await expect(decodeImage(path, 3)).rejects.toThrow('at most 64 million are read');
  });

  test.runIf(process.platform !== 'win32')('a FIFO is refused at once', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    renameSync(path, join(folder, 'fifo.png'));
    await expect(decodeImage(join(folder, 'fifo.png'), 3)).rejects.toThrow('is not a regular file');
  });
});
