import { expect, test } from 'vitest';
import { thumbnail } from '../../../src-main/engine/data/thumbnail.ts';

const grey = (width: number, height: number, values: readonly number[]) => ({
  width,
  height,
  channels: 1 as const,
  pixels: Uint8Array.from(values),
});

test('an image that fits stays as it is', () => {
  const image = grey(2, 1, [1, 2]);
  expect(thumbnail(image, 2)).toBe(image);
});

test('a larger one is shrunk as Pillow does by a bilinear filter', () => {
  expect(thumbnail(grey(3, 2, [0, 10, 7, 20, 30, 9]), 2)).toEqual(grey(2, 1, [14, 13]));
});

test('channels stay apart', () => {
  const image = {
    width: 2,
    height: 2,
    channels: 3 as const,
    pixels: Uint8Array.from([1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9]),
  };
  expect([...thumbnail(image, 1).pixels]).toEqual([4, 5, 6]);
});
