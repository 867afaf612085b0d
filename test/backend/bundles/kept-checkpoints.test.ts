import fs, { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { CheckpointKeeper, keptCheckpoints } from '../../../src-main/backend/bundles/kept-checkpoints.ts';
import { openHome } from '../../../src-main/backend/home/home.ts';
import { keepCheckpoint } from '../../../src-main/backend/runs/checkpoint-files.ts';
import { checkCheckpoint } from '../../../src-main/engine/training/checkpoint.ts';
import { silentLog } from '../../../src-main/logging/log.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { datasetRecord, modelRecord, runRecord } from '../records.ts';
import { writeStateAlone } from '../runs/state-alone.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-kept-'));
const { cp } = fs.promises;
let close = (): void => undefined;
afterEach(() => {
  fs.promises.cp = cp;
  syncBuiltinESMExports();
  close();
  rmSync(folder, { recursive: true, force: true });
});

it('a checkpoint that training replaces while it is copied is not kept, and the next one is', async () => {
  const home = openHome(join(folder, 'home'));
  const store = openStore(home.database);
  close = () => {
    store.close();
    home.release();
  };
  store.models.save(modelRecord);
  store.datasets.save(datasetRecord);
  store.runs.insert(runRecord);
  const save = async (step: number) => {
    const path = home.absolute('runs', runRecord.id, 'checkpoints', `last-${String(step).padStart(6, '0')}`);
    await writeStateAlone(path, step);
    const saved = { kind: 'last', step, folder: home.relative(path), accuracy: null, resumable: true } as const;
    keepCheckpoint({ home, store }, runRecord.id, saved);
  };
  const attempt = { bundle: { folder: join(folder, 'bundle') }, job: { runId: 'f'.repeat(32) }, id: 'attempt' };
  const keeper = new CheckpointKeeper({ home, store, log: silentLog }, attempt, 0);
  const look = () => keeper.look(store.runs.find(runRecord.id) ?? runRecord);

  const copied: string[] = [];
  fs.promises.cp = async (from, to, options) => {
    copied.push(String(from).slice(-'last-000005'.length));
    if (copied.length > 1) return cp(from, to, options);
    await save(10);
    look();
    // Behaves like Node's own copy of a folder that is removed between opening and reading.
    mkdirSync(to.toString(), { recursive: true });
  };
  syncBuiltinESMExports();
  await save(5);
  look();
  const kept = () => keptCheckpoints(attempt);
  await expect.poll(async () => (await kept()).map(({ step }) => step)).toEqual([10]);
  await keeper.end();
  const [only] = await kept();
  const checkpoints = join(only?.folder ?? '', 'checkpoints');
  expect(readdirSync(checkpoints)).toEqual(['last-000010']);
  expect((await checkCheckpoint(join(checkpoints, 'last-000010'))).trainer.global_step).toBe(10);
  expect(copied).toEqual(['last-000005', 'last-000010']);
});
