import { expect, test } from 'vitest';
import { runWithSettings } from '../../../../src-main/engine/studies/config/run-settings.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';

const run = runConfigSchema.parse({});
function problemOf(changes: Parameters<typeof runWithSettings>[1]) {
  try {
    runWithSettings(run, changes, { where: 'grid', label: 'a cell', given: [] });
  } catch (thrown) {
    if (thrown instanceof StudioError) return [thrown.message, thrown.hint];
  }
  return null;
}

test('an unknown setting of a grid is named with the one that was meant', () => {
  expect(problemOf({ initial_p: 0.05 })).toEqual([
    'grid: "initial_p" is no setting of a run.',
    'Did you mean coto.initial_p?',
  ]);
  expect(problemOf({ learning_rte: 1 })).toEqual([
    'grid: "learning_rte" is no setting of a run.',
    'Did you mean learning_rate?',
  ]);
});

test('a value that a setting does not take is named with its field', () => {
  expect(problemOf({ learning_rate: 'fast' })?.[0]).toMatch(/^grid: a cell is not a valid run: learning_rate: /);
});
