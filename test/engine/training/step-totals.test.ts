import { expect, it } from 'vitest';
import { StepTotals } from '../../../src-main/engine/training/step-totals.ts';
import { trainerStateSchema } from '../../../src-main/engine/training/trainer-state.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const stream = [...RandomStream.seeded(1, 'study').state()];
/** A checkpoint's state as it is read again, with these totals. */
const stateWith = (totals: object) =>
  trainerStateSchema.parse({
    format: 1,
    global_step: 3,
    total_steps: 8,
    order: { epoch: 0, position: 3, epochRandomState: stream },
    random: { coto: stream, dropout: stream },
    optimizer_steps: {},
    best: null,
    ...JSON.parse(JSON.stringify(totals)),
  });

const steps = [
  { loss: 3, milliseconds: 100, activeShare: 1 },
  { loss: 2, milliseconds: 100, activeShare: 0.5 },
  { loss: 1.5, milliseconds: 400, activeShare: 0 },
];

it('gives means over all steps, and the loss of the last', () => {
  const totals = new StepTotals();
  for (const step of steps) totals.add(step);
  const { medianStepMilliseconds, ...result } = totals.result();
  expect(result).toEqual({ trainLoss: 1.5, meanStepMilliseconds: 200, meanActiveShare: 0.5, trainSeconds: 0.6 });
  expect(Math.abs(medianStepMilliseconds / 100 - 1)).toBeLessThan(0.005);
});

it('goes on from a checkpoint as if there had been none', () => {
  const [through, before] = [new StepTotals(), new StepTotals()];
  for (const step of steps.slice(0, 2)) before.add(step);
  const after = StepTotals.restored(stateWith(before.state()));
  const [, , last] = steps;
  if (last) after.add(last);
  for (const step of steps) through.add(step);
  expect([after.result(), after.state()]).toEqual([through.result(), through.state()]);
});

it('takes up the times of a checkpoint that listed every step', () => {
  const old = StepTotals.restored(stateWith({ step_milliseconds: [100, 300], active_share_sum: 1, last_loss: 2 }));
  expect(old.result()).toMatchObject({ trainLoss: 2, meanStepMilliseconds: 200, meanActiveShare: 0.5 });
});

it('says of a run without steps that all was on', () => {
  expect(new StepTotals().result()).toEqual({
    trainLoss: null,
    meanStepMilliseconds: 0,
    medianStepMilliseconds: 0,
    meanActiveShare: 1,
    trainSeconds: 0,
  });
});
