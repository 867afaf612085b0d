import { describe, expect, it } from 'vitest';
import { changed, drawChange, drawCrop, type ImageChange } from '../../../src-main/engine/data/augment.ts';
import { augmentationSchema } from '../../../src-shared/domain/runs/augmentation.ts';
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

describe('the draws of crops', () => {
  const settings = augmentationSchema.parse({ crop: [0.08, 1] });
  const drawn = (size: { height: number; width: number }, count: number, crop = settings.crop) => {
    const random = RandomStream.seeded(3, 'augmentation');
    return Array.from({ length: count }, () => drawCrop({ ...settings, crop }, size, random));
  };

  it('keep a share of the area and an aspect ratio in torchvision’s ranges, anywhere in the image', () => {
    const size = { height: 300, width: 400 };
    const crops = drawn(size, 3000);
    for (const { top, left, height, width } of crops) {
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(top + height).toBeLessThanOrEqual(size.height);
      expect(left + width).toBeLessThanOrEqual(size.width);
    }
    const range = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
    const [smallest, largest] = range(crops.map(({ height, width }) => (height * width) / (300 * 400)));
    // Sides are whole pixels, which moves a share by a pixel of the smallest side of 84 at most.
    expect(smallest).toBeGreaterThan(0.078);
    expect(smallest).toBeLessThan(0.09);
    expect(largest).toBeGreaterThan(0.95);
    const [narrow, wide] = range(crops.map(({ height, width }) => width / height));
    expect(narrow).toBeGreaterThan(0.74);
    expect(narrow).toBeLessThan(0.76);
    expect(wide).toBeGreaterThan(1.31);
    expect(wide).toBeLessThan(1.35);
    expect(Math.max(...crops.map(({ left }) => left))).toBeGreaterThan(200);
  });

  it('are the middle where no attempt fits: 13 of 100 columns at the widest ratio of 4/3', () => {
    expect(drawn({ height: 10, width: 100 }, 1, [1, 1])).toEqual([{ height: 10, width: 13, top: 0, left: 43 }]);
    expect(drawn({ height: 100, width: 9 }, 1, [1, 1])).toEqual([{ height: 12, width: 9, top: 44, left: 0 }]);
  });
});
