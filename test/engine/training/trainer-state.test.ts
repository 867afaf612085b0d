import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readTrainerState } from '../../../src-main/engine/training/trainer-state.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const root = mkdtempSync(join(tmpdir(), 'coto-state-'));
const folder = join(root, 'step-00000004');
mkdirSync(folder);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const stream = [...RandomStream.seeded(1, 'study').state()];
const state = {
  format: 1,
  global_step: 4,
  total_steps: 8,
  order: { epoch: 0, position: 4, epochRandomState: stream },
  random: { coto: stream, dropout: stream },
  optimizer_steps: {},
  best: null,
  active_share_sum: 4,
  last_loss: 1,
};
const write = (text: string): void => writeFileSync(join(folder, 'trainer_state.json'), text);

test('the state of a checkpoint comes back', () => {
  write(JSON.stringify(state));
  expect(readTrainerState(folder)).toMatchObject({ global_step: 4, total_steps: 8 });
});

test.each([
  ['cut off', JSON.stringify(state).slice(0, 40), 'is damaged.'],
  ['empty', '', 'is damaged.'],
  ['beyond the last step', JSON.stringify({ ...state, global_step: 1_000_000 }), 'global_step is beyond total_steps.'],
  [
    'short of random state',
    JSON.stringify({ ...state, random: { ...state.random, dropout: stream.slice(1) } }),
    'the state of a random stream is truncated.',
  ],
  ['from a later version', JSON.stringify({ ...state, later: 1 }), 'is damaged.'],
])('a state that is %s is refused in one sentence', (_, text, why) => {
  write(text);
  expect(() => readTrainerState(folder)).toThrow(`The checkpoint step-00000004 cannot be resumed: trainer_state.json`);
  expect(() => readTrainerState(folder)).toThrow(why);
});

test('a checkpoint without a state is refused in one sentence', () => {
  rmSync(join(folder, 'trainer_state.json'));
  expect(() => readTrainerState(folder)).toThrow('trainer_state.json is missing.');
});
