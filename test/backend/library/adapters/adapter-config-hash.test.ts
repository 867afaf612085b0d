import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx, tinyResources } from '../../support.ts';

afterEach(closeBackends);

it('refuses a job on an adapter whose config has changed, also of an adapter that an earlier version added', async () => {
  const resourcesDirectory = tinyResources();
  const first = await openBackend({ startEngine: realEngine, resourcesDirectory });
  const config = { ...tinyConfig, dataset: tinyIdx(), compute_backend: 'wasm' as const, eval_samples: 4 };
  await first.handle('settings.set', { forgetting: false });
  const { run } = await first.handle('runs.create', { config });
  await first.idle();
  const [adapter] = await first.handle('adapters.list', {});
  expect(adapter?.configSha256).toMatch(/^[0-9a-f]{64}$/);
  await first.close();
  const database = new Database(join(first.home, 'studio.sqlite'));
  database.exec('UPDATE adapters SET config_sha256 = NULL');
  database.close();

  const second = await openBackend({ startEngine: realEngine, resourcesDirectory, home: first.home });
  const id = adapter?.id ?? '';
  const evaluate = async (eval_samples: number) => {
    const { datasetId } = await second.handle('runs.get', { id: run.id });
    const adapters = [{ adapter: { adapterId: id } }];
    const job = await second.handle('evaluate.start', { model: 'tiny', dataset: datasetId, adapters, eval_samples });
    await second.idle();
    return second.handle('jobs.get', { id: job.id });
  };
  expect(await evaluate(2)).toMatchObject({ status: 'completed' });
  expect(await second.handle('adapters.get', { id })).toEqual(adapter);
  const file = join(second.home, adapter?.folder ?? '', 'adapter_config.json');
  const text = readFileSync(file, 'utf8');
  const { atime, mtime } = statSync(file);
  const changed = text.replace(/"lora_alpha": \d/, '"lora_alpha": 9');
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  utimesSync(file, atime, mtime);
  const { status, error } = await evaluate(3);
  expect(status).toBe('failed');
  expect(error?.message).toContain(`${file} has been changed since it was added (SHA-256)`);
});
