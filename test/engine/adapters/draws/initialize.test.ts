import { beforeAll, describe, expect, it } from 'vitest';
import { initializeFactors } from '../../../../src-main/engine/adapters/draws/initialize.ts';
import { inputMaskOf } from '../../../../src-main/engine/adapters/passes/dropout.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { testCompute } from '../../test-compute.ts';
import { vitLike } from '../vit-like.ts';

const [first] = vitLike(1).linears;
if (!first) throw new Error('no linear');
const module = { ...first, inFeatures: 400, outFeatures: 6 };

function draw(method: 'kaiming' | 'gaussian', rank: number) {
  return initializeFactors(module, rank, method, RandomStream.seeded(1, 'initialization'));
}

function deviation(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length);
}

describe('factors', () => {
  it('kaiming: A is uniform within ±1/√in, B is zero', () => {
    const { a, b } = draw('kaiming', 50);
    expect(a.shape).toEqual([50, 400]);
    const largest = Array.from(a.data).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(0.05);
    expect(largest).toBeGreaterThan(0.0499);
    // A uniform distribution within ±0.05 has the deviation 0.05/√3.
    expect(deviation(a.data) / (0.05 / Math.sqrt(3))).toBeCloseTo(1, 1);
    expect(b.shape).toEqual([6, 50]);
    expect(b.data.every((value) => value === 0)).toBe(true);
  });

  it('gaussian: A has the deviation 1/r', () => {
    expect(deviation(draw('gaussian', 50).a.data) * 50).toBeCloseTo(1, 1);
  });
});

describe('dropout mask', () => {
  beforeAll(() => activateCompute(testCompute));

  it('zeroes that share and scales up the rest, so that the mean stays 1', () => {
    const random = RandomStream.seeded(4, 'dropout');
    const mask = inputMaskOf([300, 400], 0.2, random, 'q');
    const values = Array.from(mask.dataSync());
    mask.dispose();
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1.25)]));
    expect(values.filter((value) => value === 0).length / values.length).toBeCloseTo(0.2, 2);
    // Rows do not repeat: neighbors agree as often as independent draws would, 0.2² + 0.8² of the time.
    const agree = values.filter((value, index) => index >= 400 && value === values[index - 400]).length;
    expect(agree / (299 * 400)).toBeCloseTo(0.68, 2);
    const next = inputMaskOf([300, 400], 0.2, random, 'q');
    expect(Array.from(next.dataSync())).not.toEqual(values);
    next.dispose();
  });
});
