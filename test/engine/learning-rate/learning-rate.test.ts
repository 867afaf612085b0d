import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { learningRateSchedules, warmupStepCount } from '../../../src-main/engine/learning-rate/index.ts';

const caseSchema = z.object({
  lr_scheduler_type: z.string(),
  lr_scheduler_kwargs: z.record(z.string(), z.number()),
  warmup_steps: z.number(),
  max_steps: z.number(),
  learning_rate: z.number(),
  values: z.array(z.number()),
});
const golden = z
  .array(caseSchema)
  .parse(JSON.parse(readFileSync(new URL('../../golden/misc/lr-schedules.json', import.meta.url), 'utf8')));

describe.each(Object.values(learningRateSchedules))('$id', (schedule) => {
  const cases = golden.filter(
    (entry) => entry.lr_scheduler_type === schedule.id && Object.keys(entry.lr_scheduler_kwargs).length === 0,
  );

  it('has golden values', () => {
    expect(cases.length).toBeGreaterThanOrEqual(3);
  });

  it.each(cases)('is what get_scheduler gives for warmup_steps $warmup_steps of $max_steps', (entry) => {
    const length = { warmupSteps: entry.warmup_steps, totalSteps: entry.max_steps };
    entry.values.forEach((expected, step) => {
      expect(Math.abs(entry.learning_rate * schedule.factor(step, length) - expected)).toBeLessThan(1e-9);
    });
  });
});

describe('warmupStepCount', () => {
  it('takes a number below 1 as a share of all steps, rounded up', () => {
    expect(warmupStepCount(0.1, 25)).toBe(3);
    expect(warmupStepCount(0, 25)).toBe(0);
    expect(warmupStepCount(7, 25)).toBe(7);
  });
});
