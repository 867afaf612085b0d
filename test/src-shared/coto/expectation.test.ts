import { describe, expect, it } from 'vitest';
import { describeSchedule } from '../../../src-shared/coto/describe.ts';
import { StepDraws } from '../../../src-shared/coto/draws.ts';
import { expectSchedule, rateWeightedShare, unitsOfGroups } from '../../../src-shared/coto/expectation.ts';
import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import { cotoScheduleSchema, cotoSettingsSchema, usedSettings } from '../../../src-shared/domain/runs/coto.ts';
import { RandomStream } from '../../../src-shared/random.ts';

/** Factor of the rate at a part of the run, with a share of warm-up steps. */
const cosineAfter = (warmup: number) => (part: number) =>
  part < warmup ? part / warmup : 0.5 * (1 + Math.cos((Math.PI * (part - warmup)) / (1 - warmup)));
const groupsOf = (count: number) => Array.from({ length: count }, (_, layer) => `layers.${layer}`);

describe('the expectation of CoTo', () => {
  // Mean active shares and skipped backward passes that another program summed over 4000 steps.
  it.each([
    [12, 0.1, 0.66546, 0.07818],
    [12, 0, 0.63212, 0.10095],
    [6, 0.1, 0.67859, 0.11142],
    [6, 0, 0.64991, 0.12966],
  ] as const)('with %i layers from p = %f has a mean active share of %f', (layers, initial_p, share, skipped) => {
    const settings = cotoSettingsSchema.parse({ initial_p });
    const { activeShare, skippedBackward } = expectSchedule(settings, 4000, unitsOfGroups(groupsOf(layers)));
    expect(activeShare).toBeCloseTo(share, 4);
    expect(skippedBackward).toBeCloseTo(skipped, 3);
  });

  // By p / (1 − (1 − p)^12) of each step, summed with the rates by another program.
  it.each([
    ['a constant rate', 0.1, () => 1],
    ['cosine with 10 % warm-up', 0.1, cosineAfter(0.1)],
    ['cosine without warm-up', 0.1, cosineAfter(0)],
    ['cosine without warm-up, from p = 0', 0, cosineAfter(0)],
  ] as const)('weighted by %s is the share of the updates that an adapter receives', (_, initial_p, rate) => {
    const settings = cotoSettingsSchema.parse({ initial_p });
    let [received, total] = [0, 0];
    for (let step = 0; step < 400; step++) {
      const p = Math.min(1, initial_p + ((1 - initial_p) * step) / 300);
      const share = p === 0 ? 1 / 12 : p / (1 - (1 - p) ** 12);
      received += rate(step / 400) * share;
      total += rate(step / 400);
    }
    const found = rateWeightedShare(settings, 400, unitsOfGroups(groupsOf(12)), (step) => rate(step / 400));
    expect(found).toBeCloseTo(received / total, 6);
  });

  it('weighted by the learning rate is 0.51 with cosine and 10 % warm-up, and 0.66 at a constant rate', () => {
    const share = (rate: (part: number) => number) =>
      rateWeightedShare(cotoSettingsSchema.parse({}), 400, unitsOfGroups(groupsOf(12)), (step) => rate(step / 400));
    expect(share(cosineAfter(0.1))).toBeCloseTo(0.51, 2);
    expect(share(() => 1)).toBeCloseTo(0.665, 2);
    expect(share(() => 0)).toBeNull();
  });

  it('is the mean of the masks that a run draws', () => {
    for (const schedule of cotoScheduleSchema.options) {
      const settings = cotoSettingsSchema.parse({ schedule, initial_p: 0.3 });
      const units = unitsOfGroups(groupsOf(4));
      const draws = new StepDraws(settings, 4000, units, 5, RandomStream.seeded(5, 'coto'));
      let active = 0;
      for (let step = 0; step < 4000; step++) active += draws.at(step).mask.reduce((sum, bit) => sum + bit / 4, 0);
      const expected = schedules[schedule].unit === 'input' ? 1 : expectSchedule(settings, 4000, units).activeShare;
      expect(Math.abs(active / 4000 - expected), schedule).toBeLessThan(0.02);
    }
  });
});

it('finds the layers of groups by their names, in the order in which they come', () => {
  const { depth } = unitsOfGroups([
    'text_model.encoder.layers.0.self_attn.q_proj',
    'text_model.encoder.layers.0.mlp.fc1',
    'text_model.encoder.layers.1.mlp.fc1',
    'vision_model.encoder.layers.0.mlp.fc1',
  ]);
  expect(depth).toEqual([0, 0, 1, 2]);
});

it('keeps the draw of LISA for its interval, whatever was drawn before', () => {
  const settings = cotoSettingsSchema.parse({ schedule: 'lisa', lisa_interval_steps: 5 });
  const draws = (random: RandomStream) => new StepDraws(settings, 100, unitsOfGroups(groupsOf(12)), 7, random);
  const first = draws(RandomStream.seeded(7, 'coto'));
  const masks = Array.from({ length: 20 }, (_, step) => first.at(step).mask.join(''));
  for (const [step, mask] of masks.entries()) expect(mask).toBe(masks[5 * Math.floor(step / 5)]);
  expect(new Set(masks).size).toBeGreaterThan(1);
  expect(draws(RandomStream.seeded(1, 'coto')).at(13).mask.join('')).toBe(masks[13]);
});

it('says which settings matter, and describes a schedule by them', () => {
  expect([...usedSettings(cotoSettingsSchema.parse({}))]).toEqual([
    'schedule',
    'curve',
    'initial_p',
    'final_p',
    'stage1_ratio',
    'reversed',
    'granularity',
    'all_off',
    'rescale',
  ]);
  expect([...usedSettings({ schedule: 'random-ranks', curve: 'exponential' })]).toContain('exponential_rate');
  expect([...usedSettings({ schedule: 'coto', curve: 'constant' })]).not.toContain('final_p');
  expect([...usedSettings({ schedule: 'lisa', curve: 'linear' })]).toEqual([
    'schedule',
    'granularity',
    'lisa_activated_layers',
    'lisa_interval_steps',
  ]);
  expect(describeSchedule(cotoSettingsSchema.parse({}))).toBe(
    'CoTo, p 0.1 to 1 over 75 % of the steps, linear, by layer',
  );
  expect(describeSchedule(cotoSettingsSchema.parse({ schedule: 'lisa' }))).toBe(
    'LISA (k layers updated), lisa_activated_layers 2, lisa_interval_steps 1, by layer',
  );
});
