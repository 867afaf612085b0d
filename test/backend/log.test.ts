import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { startEngineProcess, startEngineWorker } from '../../src-main/backend/engine/engine-host.ts';
import { closeBackends, openBackend, scriptedEngine, temporaryFolder, tinyConfig, tinyIdx } from './support.ts';

afterAll(closeBackends);

function linesOf(home: string): Record<string, unknown>[] {
  const logs = join(home, 'logs');
  return readdirSync(logs).flatMap((file) =>
    readFileSync(join(logs, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
}

it('tells of the start, of each job, of what failed in it, and of the end; the doctor names its folder', async () => {
  const backend = await openBackend({
    startEngine: scriptedEngine(async ({ die }) => {
      die(new Error('it ran away'));
      return new Promise(() => undefined);
    }),
  });
  const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx() } });
  await backend.idle();
  const { logs } = await backend.handle('app.doctor', {});
  expect(logs).toBe(join(backend.home, 'logs'));
  await backend.close(0);
  const lines = linesOf(backend.home);
  expect(lines[0]).toMatchObject({ level: 'info', msg: 'the backend starts', version: expect.any(String) });
  expect(lines).toContainEqual(expect.objectContaining({ kind: 'train', status: 'running' }));
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      msg: 'the engine ended unexpectedly',
      err: expect.objectContaining({ message: 'it ran away' }),
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      status: 'interrupted',
      err: expect.objectContaining({ code: 'disconnected', message: 'The engine ended unexpectedly.' }),
    }),
  );
  expect(lines.at(-1)).toMatchObject({ msg: 'the backend ends' });
  expect(run.id).not.toBe('');
});

it.each([
  { where: 'a worker thread', start: startEngineWorker },
  {
    where: 'a process of its own',
    start: (file: URL, tell: (line: string) => void) => startEngineProcess(process.execPath, file, tell),
  },
])('takes what an engine in $where prints', async ({ start }) => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'talking-engine.mjs');
  writeFileSync(file, "console.log('out of the engine'); process.stderr.write('in two ');console.error('parts');");
  const lines: string[] = [];
  const host = start(pathToFileURL(file), (line) => lines.push(line));
  await host.ended;
  await expect.poll(() => lines.toSorted()).toEqual(['in two parts', 'out of the engine']);
});
