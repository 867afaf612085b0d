import { describe, expect, it } from 'vitest';
import { checkpointsAt, savingInterval } from '../../../../src-main/engine/studies/trajectory/checkpoint-steps.ts';

const stepsOf = (shares: readonly number[], total: number, interval = savingInterval(shares, total)) =>
  checkpointsAt(shares, total, interval).map(({ step }) => step);

describe('the checkpoints that a study over training saves', () => {
  it('are the fewest with one at every share', () => {
    // 20, 50, 100, 150 and the end: every tenth step.
    expect(savingInterval([0.1, 0.25, 0.5, 0.75, 1], 200)).toBe(10);
    expect(stepsOf([0.1, 0.25, 0.5, 0.75, 1], 200)).toEqual([20, 50, 100, 150, 200]);
    expect(savingInterval([0.5, 1], 200)).toBe(100);
    // The end is saved in any case.
    expect(savingInterval([1], 200)).toBe(200);
    expect(stepsOf([1], 7)).toEqual([7]);
    // 1.5 steps are rounded.
    expect(stepsOf([0.5, 1], 3)).toEqual([2, 3]);
  });

  it('are near the shares where one at each would be too many files', () => {
    // 47, 235 and 352 of 469 steps have no common divisor: every seventh step instead of every step.
    expect(savingInterval([0.1, 0.5, 0.75, 1], 469)).toBe(7);
    expect(stepsOf([0.1, 0.5, 0.75, 1], 469)).toEqual([49, 238, 350, 469]);
  });

  it('are those of the run where it says how often it saves', () => {
    expect(stepsOf([1, 0.5, 0.25], 200, 25)).toEqual([50, 100, 200]);
    // 100 of 8,000 steps: within 1 % of the training.
    expect(stepsOf([0.101, 1], 8000, 400)).toEqual([800, 8000]);
  });

  it('are refused at a share that none is near, and for two shares of one', () => {
    expect(() => stepsOf([0.25, 1], 200, 40)).toThrow(
      expect.objectContaining({
        message: 'shares: the runs save a checkpoint every 40 of 200 steps, so there is none at 25 % (step 50).',
        hint: expect.stringContaining('multiples of 20 %'),
      }),
    );
    expect(() => stepsOf([0.01, 0.5], 10)).toThrow(/there is none at 1 % \(step 0\)/);
    expect(() => stepsOf([0.5, 0.51, 1], 10)).toThrow('shares: 50 % and 51 % of 10 steps are both step 5.');
  });
});
