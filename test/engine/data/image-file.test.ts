import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
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
