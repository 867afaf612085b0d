import { describe, expect, it } from 'vitest';
import { sampleActiveGroups } from '../../../src-shared/coto/sampling.ts';
import { activationProbability, meanActivationProbability, stageOneSteps } from '../../../src-shared/coto/schedule.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/coto.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const defaults = cotoSettingsSchema.parse({});

describe('activationProbability', () => {
  it("is the authors' min(final, initial + (final - initial) t / ceil(stage1_ratio T)), worked by hand for T = 10", () => {
    // ceil(0.75 · 10) = 8 steps of stage 1; from 0.1 by 0.9 / 8 = 0.1125 a step.
    const expected = [0.1, 0.2125, 0.325, 0.4375, 0.55, 0.6625, 0.775, 0.8875, 1, 1];
    expected.forEach((value, step) => {
      expect(activationProbability(defaults, step, 10)).toBeCloseTo(value, 12);
    });
    expect(stageOneSteps(defaults, 10)).toBe(8);
  });

  it("is the paper's 4t / 3T from 0", () => {
    const paper = { ...defaults, initial_p: 0 };
    for (const step of [0, 100, 299, 300, 399])
      expect(activationProbability(paper, step, 400)).toBeCloseTo(Math.min(1, (4 * step) / (3 * 400)), 12);
  });

  it('has the mean that bounds the saving: 0.6625 from 0.1 and 0.625 from 0', () => {
    expect(meanActivationProbability(defaults, 40_000)).toBeCloseTo(0.6625, 4);
    expect(meanActivationProbability({ ...defaults, initial_p: 0 }, 40_000)).toBeCloseTo(0.625, 4);
  });

  it('starts at final_p where stage 1 has no length', () => {
    expect(activationProbability({ ...defaults, stage1_ratio: 0 }, 0, 100)).toBe(1);
  });
});

describe('sampleActiveGroups', () => {
  const draw = (p: number, groups: number, seed = 3) => {
    const random = RandomStream.seeded(seed, 'coto');
    return Array.from({ length: 4000 }, () => sampleActiveGroups(p, groups, () => random.uniform()));
  };

  it('always leaves a group on, even at p = 0', () => {
    for (const p of [0, 0.01, 0.1]) for (const mask of draw(p, 3)) expect(mask.includes(1)).toBe(true);
  });

  it('switches everything on at p = 1', () => {
    for (const mask of draw(1, 12)) expect([...mask]).toEqual(new Array(12).fill(1));
  });

  it('has the rate of independent draws given that not all are off: p / (1 - (1 - p)^n)', () => {
    const p = 0.3;
    const masks = draw(p, 2);
    const share = masks.reduce((sum, mask) => sum + (mask[0] ?? 0), 0) / masks.length;
    expect(share).toBeCloseTo(p / (1 - 0.7 ** 2), 1);
  });

  it('draws a group off if and only if u > p, and the whole vector again while all are off', () => {
    const numbers = [0.9, 0.8, 0.2, 0.9];
    expect([...sampleActiveGroups(0.5, 2, () => numbers.shift() ?? Number.NaN)]).toEqual([1, 0]);
    expect(numbers).toEqual([]);
  });
});
