import { appendFileSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { crashFolder } from '../../../src-main/files/crash-dumps.ts';
import { closeBackends, openBackend, scriptedEngine, temporaryFolder, tinyConfig, tinyIdx } from '../support.ts';

afterAll(closeBackends);

test('diagnostics have counts, codes and places in the code, and nothing of the person’s', async () => {
  const dataset = tinyIdx();
  const backend = await openBackend({
    startEngine: scriptedEngine(async ({ die }) => {
      die(new Error('Mallory read /home/mallory/letters.csv'));
      return new Promise(() => undefined);
    }),
  });
  await backend.handle('runs.create', {
    name: 'the letters of mallory',
    tags: ['mallory'],
    config: { ...tinyConfig, dataset },
  });
  await backend.idle();
  // Lines of other programs, and lines that no version of the app wrote.
  const logs = join(backend.home, 'logs');
  const [file = ''] = readdirSync(logs).filter((name) => name.startsWith('backend-'));
  const time = new Date().toISOString();
  for (const line of [
    { level: 'warn', time, program: 'backend', msg: 'the mallory of it all' },
    {
      level: 'error',
      time,
      job: 'j',
      msg: 'the mallory run',
      err: { code: 'mallory', message: 'mallory', details: null },
    },
    { level: 'error', time, msg: 'a request failed', request: 'mallory', kind: 'MALLORY', status: 'at mallory' },
    {
      level: 'error',
      time,
      msg: 'a request failed',
      request: 'runs.create',
      err: {
        code: 'internal',
        message: 'mallory',
        details: 'Error: mallory\n    at write (/home/mallory/app/backend.mjs:12:3)',
      },
    },
  ])
    appendFileSync(join(logs, file), `${JSON.stringify(line)}\n`);
  appendFileSync(join(logs, file), 'mallory\n');
  const crashes = join(backend.home, crashFolder, 'pending');
  mkdirSync(crashes, { recursive: true });
  const dump = '0b6a5c1e-92cf-4f0d-8c3f-6a1f5e1d2c3b.dmp';
  for (const name of [dump, 'mallory.dmp']) writeFileSync(join(crashes, name), 'MDMP');
  utimesSync(join(crashes, dump), new Date(0), new Date(0));
  const { text } = await backend.handle('app.diagnostics', {});
  expect(text).not.toMatch(/mallory/i);
  for (const own of [backend.home, dataset, temporaryFolder(), process.env['HOME'] ?? '/root', 'tiny-idx'])
    expect(text).not.toContain(own);
  expect(text).toContain('1 train interrupted');
  expect(text).toContain('errors of jobs: 1 train disconnected');
  expect(text).toContain('the backend starts');
  expect(text).toContain('a request failed runs.create error internal backend.mjs:12');
  expect(text).toContain(`Crash reports\n  1970-01-01T00:00:00.000Z ${dump}, 4 B\n\n`);
  await backend.close(0);
});
