import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tellAtOnce } from '../backend/tell-at-once.ts';
import { stateOf } from './bad-input-support.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';

tellAtOnce();

test('a long addition says how far it is; Ctrl+C cancels it and leaves nothing behind', async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  const file = join(folder, 'long.jsonl');
  const text = 'So many words are written here. '.repeat(60);
  const line = (index: number): string => `{"text":"Row ${index}: ${text}","label":${index % 2}}\n`;
  writeFileSync(file, Array.from({ length: 6000 }, (_, index) => line(index)).join(''));
  const coto = cotoOn(home);
  await coto(['datasets', 'list']);
  const before = stateOf(home);

  let pressed = false;
  const cancelled = await coto(['datasets', 'add', file], (text, interrupt) => {
    if (pressed || !text.includes('Reading long.jsonl')) return;
    pressed = true;
    interrupt();
  });
  expect(cancelled).toMatchObject({ code: 130, out: '' });
  expect(cancelled.err).toMatch(/^Reading long\.jsonl {2}[█░]+ {2}\d+\/12 MiB.*\nCancelling …\n/);
  expect(cancelled.err).toContain('Read long.jsonl: cancelled.');
  expect(stateOf(home)).toEqual(before);

  const added = await coto(['datasets', 'add', file, '--name', 'Long']);
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^rows +6,000, /m) });
  expect(added.err).toContain('Reading long.jsonl');
});

test('a long import of runs says how far it is; Ctrl+C cancels it and leaves nothing behind', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'trainer_state.json');
  const log = Array.from({ length: 50_000 }, (_, step) => ({ step, loss: 1 }));
  writeFileSync(file, JSON.stringify({ log_history: log }));
  const coto = cotoOn(join(folder, 'home'));
  let pressed = false;
  const cancelled = await coto(['runs', 'import', file], (text, interrupt) => {
    if (pressed || !text.includes('Importing trainer_state.json')) return;
    pressed = true;
    interrupt();
  });
  expect(cancelled).toMatchObject({ code: 130, out: '' });
  expect(cancelled.err).toContain('Importing trainer_state.json');
  expect(cancelled.err).toContain('Import trainer_state.json: cancelled.');
  expect(await coto(['runs', 'list', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
});
