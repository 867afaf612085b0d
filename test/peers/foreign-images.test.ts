import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { decodeImage } from '../../src-main/engine/data/image-file.ts';
import { runPeer } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-foreign-images-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('bitmaps, inks and floats have the pixels that Pillow reads', async () => {
  const expected = z.record(z.string(), z.array(z.number())).parse(runPeer('foreign_images.py', { folder }));
  for (const [name, pixels] of Object.entries(expected)) {
    const { pixels: found } = await decodeImage(join(folder, name), 3);
    expect(found.length, name).toBe(pixels.length);
    const furthest = pixels.reduce((most, value, at) => Math.max(most, Math.abs(value - (found[at] ?? 0))), 0);
    // Two decoders of JPEG round differently.
    expect(furthest, name).toBeLessThanOrEqual(name.endsWith('jpg') ? 3 : 0);
  }
});
