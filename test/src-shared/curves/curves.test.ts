import { describe, expect, test } from 'vitest';
import { bucketWidth } from '../../../src-shared/curves/bucket-width.ts';
import { GrowingCurve } from '../../../src-shared/curves/growing-curve.ts';
import { foldMasks, GrowingShares } from '../../../src-shared/curves/growing-shares.ts';
import { spliceCurve } from '../../../src-shared/curves/splice-curve.ts';
import { makeCurve, plain } from './make-curve.ts';

test('buckets begin at multiples of a power of two, and there are no more than allowed', () => {
  expect(bucketWidth(0, 7, 8)).toBe(1);
  expect(bucketWidth(0, 8, 8)).toBe(2);
  // 3 to 4 lie in two buckets of 1 and of 4, and in one of 8.
  expect(bucketWidth(3, 4, 1)).toBe(8);
  expect(bucketWidth(0, 99_999, 1024)).toBe(128);
  expect(bucketWidth(0, 0, 1)).toBe(1);
});

describe('a growing curve', () => {
  test('holds every value as long as there is room, then joins neighbors', () => {
    const curve = new GrowingCurve('loss', 4);
    for (const step of [0, 1, 2, 3]) expect(curve.add(step, 10 - step)).toBe(true);
    expect(plain(curve.view())).toMatchObject({ width: 1, counts: [1, 1, 1, 1], mean: [10, 9, 8, 7] });
    curve.add(4, 1);
    // Buckets of two steps: 10 and 9, 8 and 7, and the first half of the third.
    expect(plain(curve.view())).toEqual({
      metric: 'loss',
      width: 2,
      counts: [2, 2, 1],
      steps: [0.5, 2.5, 4],
      ends: [1, 3, 4],
      min: [9, 7, 1],
      max: [10, 8, 1],
      mean: [9.5, 7.5, 1],
    });
    curve.add(5, 4);
    expect(plain(curve.view())).toMatchObject({ counts: [2, 2, 2], steps: [0.5, 2.5, 4.5], mean: [9.5, 7.5, 2.5] });
  });

  test('values far apart widen it until they fit', () => {
    const curve = makeCurve('eval_loss', [0, 100, 200, 300, 400], [1, 2, 3, 4, 5], 4);
    // 64 would keep five buckets (0, 1, 3, 4, 6); in buckets of 128 steps 0 and 100 are one, and so on.
    expect(plain(curve)).toMatchObject({ width: 128, counts: [2, 1, 1, 1], steps: [50, 200, 300, 400] });
  });

  test('has the same mean, extremes and counts, however often it was folded', () => {
    const values = Array.from({ length: 1000 }, (_, step) => Math.sin(step) + step / 100);
    const curve = makeCurve('loss', [...values.keys()], values, 16);
    const folded = plain(curve);
    expect(folded.width).toBe(64);
    curve.counts.forEach((count, bucket) => {
      const own = values.slice(bucket * 64, bucket * 64 + 64);
      expect(count).toBe(own.length);
      expect(curve.mean[bucket]).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / own.length, 12);
      expect(curve.min[bucket]).toBe(Math.min(...own));
      expect(curve.max[bucket]).toBe(Math.max(...own));
      expect(curve.ends[bucket]).toBe(Math.min(999, bucket * 64 + 63));
    });
  });

  test('says where a step does not follow, and passes over what is no number', () => {
    const curve = new GrowingCurve('loss', 8);
    curve.add(3, 1);
    expect(curve.add(3, 2)).toBe(false);
    expect(curve.add(2, 2)).toBe(false);
    expect(curve.add(4, Number.NaN)).toBe(true);
    expect(curve.add(5, Number.POSITIVE_INFINITY)).toBe(true);
    expect(plain(curve.view())).toMatchObject({ steps: [3], mean: [1] });
  });

  test('is the same object until something is added', () => {
    const curve = new GrowingCurve('loss', 8);
    curve.add(0, 1);
    const view = curve.view();
    expect(curve.view()).toBe(view);
    curve.add(1, Number.NaN);
    expect(curve.view()).toBe(view);
    curve.add(2, 1);
    expect(curve.view()).not.toBe(view);
    expect(curve.view().counts).toHaveLength(2);
  });

  test('goes on from one that was answered', () => {
    const steps = [...Array(20).keys()];
    const answered = makeCurve('loss', steps.slice(0, 13), steps, 8);
    const curve = new GrowingCurve('loss', 8, answered);
    for (const step of steps.slice(13)) curve.add(step, step);
    expect(plain(curve.view())).toEqual(plain(makeCurve('loss', steps, steps, 8)));
  });
});

describe('growing shares', () => {
  const masks = (firstStep: number, ...bytes: number[]) => ({
    firstStep,
    groupCount: 2,
    bytes: Uint8Array.from(bytes),
  });

  test('count in how many steps of a bucket each group was on', () => {
    const shares = new GrowingShares(2, 2);
    expect(shares.view()).toBeNull();
    shares.add(masks(0, 1, 0, 0, 1));
    expect(shares.view()).toMatchObject({ width: 1, nextStep: 2, on: Uint32Array.of(1, 0, 0, 1) });
    shares.add(masks(2, 1, 1));
    expect(shares.view()).toEqual({
      firstStep: 0,
      nextStep: 3,
      width: 2,
      groupCount: 2,
      counts: Uint32Array.of(2, 1),
      on: Uint32Array.of(1, 1, 1, 1),
    });
    expect(shares.add(masks(2, 1, 1))).toBe(false);
    expect(shares.add(masks(3, 0, 1))).toBe(true);
    expect(shares.view()).toMatchObject({ counts: Uint32Array.of(2, 2), on: Uint32Array.of(1, 1, 1, 2) });
  });

  test('leave steps out that were not drawn, and may begin in the middle of a bucket', () => {
    const shares = new GrowingShares(2, 3);
    shares.add(masks(5, 1, 0));
    shares.add(masks(8, 0, 1));
    // Steps 5 and 8: buckets of two steps begin at 4, 6 and 8.
    expect(shares.view()).toMatchObject({
      firstStep: 4,
      width: 2,
      counts: Uint32Array.of(1, 0, 1),
      on: Uint32Array.of(1, 0, 0, 0, 0, 1),
    });
  });

  test('go on from those that were answered', () => {
    const bytes = Array.from({ length: 46 }, (_, index) => (index % 3 === 0 ? 1 : 0));
    const whole = foldMasks(masks(0, ...bytes), 4);
    const answered = foldMasks(masks(0, ...bytes.slice(0, 22)), 4);
    const shares = new GrowingShares(2, 4, answered ?? undefined);
    expect(shares.add(masks(11, ...bytes.slice(22)))).toBe(true);
    expect(shares.view()).toEqual(whole);
    expect(whole).toMatchObject({ width: 8, counts: Uint32Array.of(8, 8, 7) });
  });
});

test('a stretch in more detail replaces the buckets it covers', () => {
  const steps = [...Array(16).keys()];
  const whole = makeCurve('loss', steps, steps, 4);
  expect(whole.width).toBe(4);
  const detail = makeCurve('loss', [4, 5, 6, 7], [4, 5, 6, 7]);
  expect(plain(spliceCurve(whole, detail, 4, 7))).toMatchObject({
    width: 1,
    steps: [1.5, 4, 5, 6, 7, 9.5, 13.5],
    counts: [4, 1, 1, 1, 1, 4, 4],
    ends: [3, 4, 5, 6, 7, 11, 15],
    min: [0, 4, 5, 6, 7, 8, 12],
  });
  // The bucket of 8 to 11 reaches over the end of a range up to 9, so it is left out.
  expect(plain(spliceCurve(whole, detail, 4, 9))).toMatchObject({ steps: [1.5, 4, 5, 6, 7, 13.5] });
});
