import { expect, test } from 'vitest';
import { countSteps } from '../../../src-main/engine/training/count-steps.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';

const config = (changes: object) =>
  runConfigSchema.parse({ model: 'm', dataset: 'd', adapter: { variant: 'lora' }, ...changes });

test('more steps than can be counted are refused before anything is computed', () => {
  expect(countSteps(config({ num_train_epochs: 2, per_device_train_batch_size: 4 }), 10)).toBe(6);
  expect(() => countSteps(config({ num_train_epochs: 1e308 }), 1000)).toThrow(
    /^num_train_epochs 1e\+308 makes more than 2147483647 steps\.$/,
  );
  expect(() => countSteps(config({ max_steps: 2 ** 31 }), 1000)).toThrow(/^max_steps makes more than/);
});
