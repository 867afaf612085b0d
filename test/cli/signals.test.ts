import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { runRecordSchema } from '../../src-shared/domain/runs/run.ts';
import { commandFiles, model } from './commands-support.ts';
import { commandScript } from './run-command.ts';

const { coto, data, folder, json, writeBlobs } = commandFiles();

const home = join(folder, 'home');
const settings = [
  `model=${model}`,
  `dataset=${data}`,
  'max_steps=1000000',
  'per_device_train_batch_size=2',
  'adapter.r=2',
  'adapter.target_modules=[q_proj]',
].flatMap((setting) => ['--set', setting]);

beforeAll(async () => {
  writeBlobs();
  // The database is there before it is looked into.
  expect((await coto(['datasets', 'list'])).code).toBe(0);
});

/** Runs the command in a process of its own, sends it the signals once it has trained past `step`, and answers its exit code. */
async function signalled(words: readonly string[], step: number, signals: readonly NodeJS.Signals[]): Promise<number> {
  const child = spawn(process.execPath, [commandScript, ...words, '--home', home], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const closed = once(child, 'exit');
  const database = new SqliteDatabase(join(home, 'studio.sqlite'), { readonly: true });
  const steps = database.prepare("SELECT max(step) FROM runs WHERE status = 'running'").pluck();
  while (Number(steps.get() ?? 0) <= step) {
    expect(child.exitCode, said).toBeNull();
    await wait(20);
  }
  database.close();
  // Simulates a closed terminal: nobody reads the output any more.
  if (signals.includes('SIGHUP')) for (const stream of [child.stdout, child.stderr]) stream.destroy();
  for (const signal of signals) child.kill(signal);
  const [code, signal] = await closed;
  expect(signal, said).toBeNull();
  return z.number().parse(code);
}

async function pausedRun(): Promise<{ id: string; step: number }> {
  const [run] = await json(z.array(runRecordSchema), ['runs', 'list']);
  expect(run).toMatchObject({ status: 'paused', checkpoints: [{ kind: 'last', resumable: true }] });
  return { id: run?.id ?? '', step: run?.checkpoints[0]?.step ?? 0 };
}

test('a terminal that is closed, and Ctrl+\\, pause a run with a checkpoint as Ctrl+C does', async () => {
  expect(await signalled(['train', ...settings], 3, ['SIGHUP', 'SIGHUP'])).toBe(130);
  const { id, step } = await pausedRun();
  expect(step).toBeGreaterThan(3);
  expect(await signalled(['runs', 'resume', id], step, ['SIGQUIT'])).toBe(130);
  expect((await pausedRun()).step).toBeGreaterThan(step);
});
