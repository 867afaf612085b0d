import { describe, expect, it } from 'vitest';
import { curves } from '../../../src-shared/coto/curves/index.ts';
import { activationProbability, meanActivationProbability, stageOneSteps } from '../../../src-shared/coto/schedule.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { tables } from './golden-tables.ts';

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

  it("equals the callback of the authors' README at every step", () => {
    for (const { steps, p, mean_p, ...settings } of tables.linear) {
      const chosen = cotoSettingsSchema.parse(settings);
      expect(meanActivationProbability(chosen, steps)).toBeCloseTo(mean_p, 12);
      p.forEach((value, step) => {
        expect(Math.abs(activationProbability(chosen, step, steps) - value)).toBeLessThan(1e-12);
      });
    }
  });

  it('runs backward where reversed: stage 2 first, the first value last', () => {
    const reversed = { ...defaults, reversed: true };
    for (const step of [0, 3, 7, 9])
      expect(activationProbability(reversed, step, 10)).toBe(activationProbability(defaults, 9 - step, 10));
  });
});

describe('curves', () => {
  const shaped = { exponential_rate: 2, curve_steps: 4 };

  it.each([
    ['linear', 0.5],
    // sin 45°, and (1 − cos 90°) / 2.
    ['sine', Math.SQRT1_2],
    ['cosine', 0.5],
    // (1 − e^(−1)) / (1 − e^(−2)) = 1 / (1 + e^(−1)).
    ['exponential', 1 / (1 + Math.exp(-1))],
    ['step', 0.5],
    ['constant', 0],
  ] as const)('%s is %f halfway', (id, expected) => {
    expect(curves[id].rise(0.5, shaped)).toBeCloseTo(expected, 12);
    expect(curves[id].rise(0, shaped)).toBe(0);
    expect(curves[id].rise(1, shaped)).toBe(id === 'constant' ? 0 : 1);
  });

  it('never fall', () => {
    for (const { rise } of Object.values(curves))
      for (let x = 0; x < 100; x++) expect(rise((x + 1) / 100, shaped)).toBeGreaterThanOrEqual(rise(x / 100, shaped));
  });

  it('step keeps its value until the next step', () => {
    expect([0, 0.24, 0.25, 0.49, 0.74, 0.75, 0.99].map((x) => curves.step.rise(x, shaped))).toEqual([
      0, 0, 0.25, 0.25, 0.5, 0.75, 0.75,
    ]);
  });

  it('exponential is linear at rate 0, and bends the other way below it', () => {
    expect(curves.exponential.rise(0.3, { ...shaped, exponential_rate: 0 })).toBe(0.3);
    expect(curves.exponential.rise(0.3, { ...shaped, exponential_rate: -2 })).toBeLessThan(0.3);
  });

  it("exponential is by default the paper's p(x) = (e^x − 1) / (e − 1), slow at first", () => {
    const paper = cotoSettingsSchema.parse({ curve: 'exponential', initial_p: 0 });
    // Figure r1 of the authors' rebuttal: 0.23 at a third and 0.55 at two thirds of stage 1, which has 300 of 400 steps.
    expect(activationProbability(paper, 100, 400)).toBeCloseTo(0.23, 2);
    expect(activationProbability(paper, 200, 400)).toBeCloseTo(0.55, 2);
    for (let step = 0; step < 300; step++)
      expect(activationProbability(paper, step, 400)).toBeCloseTo((Math.exp(step / 300) - 1) / (Math.E - 1), 12);
    expect(activationProbability(paper, 300, 400)).toBe(1);
  });

  it('constant stays at initial_p in every step', () => {
    const constant = cotoSettingsSchema.parse({ curve: 'constant', initial_p: 0.5 });
    for (const step of [0, 50, 99]) expect(activationProbability(constant, step, 100)).toBe(0.5);
  });
});
