import { describe, expect, it } from 'vitest';
import { changed, drawChange, type ImageChange } from '../../../src-main/engine/pretrain/augment.ts';
import { augmentationSchema } from '../../../src-shared/domain/runs/pretrain.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const none: ImageChange = { isMirrored: false, radians: 0, scale: 1, shift: [0, 0] };
const grey = (rows: readonly (readonly number[])[]) => ({
  pixels: Uint8Array.from(rows.flat()),
  height: rows.length,
  width: rows[0]?.length ?? 0,
  channels: 1,
});
const shape = [
  [10, 20, 30],
  [40, 50, 60],
  [70, 80, 90],
];
const of = (rows: readonly (readonly number[])[], change: Partial<ImageChange>) => [
  ...changed(grey(rows), { ...none, ...change }),
];

describe('a changed image', () => {
  it('is itself where nothing is asked for, and leaves its bytes alone', () => {
    const image = grey(shape);
    const result = changed(image, none);
    expect([...result]).toEqual(shape.flat());
    expect(result).not.toBe(image.pixels);
    changed(image, { isMirrored: true, radians: 1, scale: 2, shift: [1, 1] });
    expect([...image.pixels]).toEqual(shape.flat());
  });

  it('turns clockwise by quarters', () => {
    expect(of(shape, { radians: Math.PI / 2 })).toEqual([70, 40, 10, 80, 50, 20, 90, 60, 30]);
    expect(of(shape, { radians: Math.PI })).toEqual(shape.flat().reverse());
    // About its middle, also where the middle lies between pixels.
    const even = [
      [1, 2],
      [3, 4],
    ];
    expect(of(even, { radians: Math.PI / 2 })).toEqual([3, 1, 4, 2]);
  });

  it('is mirrored left to right, before it is turned', () => {
    expect(of(shape, { isMirrored: true })).toEqual([30, 20, 10, 60, 50, 40, 90, 80, 70]);
    expect(of(shape, { isMirrored: true, radians: Math.PI / 2 })).toEqual([90, 60, 30, 80, 50, 20, 70, 40, 10]);
  });

  it('moves right and down, black coming in, by halves of pixels too', () => {
    expect(of(shape, { shift: [1, 0] })).toEqual([0, 10, 20, 0, 40, 50, 0, 70, 80]);
    expect(of(shape, { shift: [0, 1] })).toEqual([0, 0, 0, 10, 20, 30, 40, 50, 60]);
    expect(of([[10, 20, 40]], { shift: [0.5, 0] })).toEqual([5, 15, 30]);
    expect(of(shape, { shift: [3, 0] })).toEqual(new Array(9).fill(0));
  });

  it('grows about its middle', () => {
    // Pixels of the result at −1, 0, 1 come from −½, 0, ½.
    expect(of([[10, 20, 40]], { scale: 2 })).toEqual([15, 20, 30]);
    expect(of([[0, 0, 100, 0, 0]], { scale: 0.5 })).toEqual([0, 0, 100, 0, 0]);
  });

  it('keeps the channels of a color image apart', () => {
    const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6]);
    const mirrored = changed({ pixels, height: 1, width: 2, channels: 3 }, { ...none, isMirrored: true });
    expect([...mirrored]).toEqual([4, 5, 6, 1, 2, 3]);
  });
});

describe('the draws of changes', () => {
  const size = { height: 20, width: 40 };
  const settings = augmentationSchema.parse({
    rotation_radians: 0.25,
    scale: [0.8, 1.1],
    shift: 0.1,
    horizontal_flip: true,
  });
  const drawn = (place: number, count: number) => {
    const random = RandomStream.numbered(42, 'augmentation', place);
    return Array.from({ length: count }, () => drawChange(settings, size, random));
  };

  it('are the same for the same place, and others elsewhere', () => {
    expect(drawn(7, 5)).toEqual(drawn(7, 5));
    expect(drawn(8, 5)).not.toEqual(drawn(7, 5));
  });

  it('fill the ranges that were asked for and go no further', () => {
    const changes = Array.from({ length: 4000 }, (_, place) => drawn(place, 1)).flat();
    const ranges: [number[], number, number][] = [
      [changes.map(({ radians }) => radians), -0.25, 0.25],
      [changes.map(({ scale }) => scale), 0.8, 1.1],
      [changes.map(({ shift: [x] }) => x), -4, 4],
      [changes.map(({ shift: [, y] }) => y), -2, 2],
    ];
    for (const [values, low, high] of ranges) {
      const width = high - low;
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.min(...values)).toBeLessThan(low + 0.01 * width);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
      expect(Math.max(...values)).toBeGreaterThan(high - 0.01 * width);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs(mean - (low + high) / 2)).toBeLessThan(0.02 * width);
      // Neighboring steps have nothing to do with each other: a correlation of 4000 pairs strays by 0.016.
      const pairs = values.slice(1).map((value, at) => (value - mean) * ((values[at] ?? 0) - mean));
      const correlation = pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length / (width ** 2 / 12);
      expect(Math.abs(correlation)).toBeLessThan(0.06);
    }
    const mirrored = changes.filter(({ isMirrored }) => isMirrored).length;
    expect(Math.abs(mirrored / changes.length - 0.5)).toBeLessThan(0.04);
  });

  it('are no change at all with the defaults', () => {
    const change = drawChange(augmentationSchema.parse({}), size, RandomStream.seeded(1, 'augmentation'));
    expect([change.isMirrored, change.scale, Math.abs(change.radians)]).toEqual([false, 1, 0]);
    expect(change.shift.map(Math.abs)).toEqual([0, 0]);
  });
});
