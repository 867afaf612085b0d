import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import {
  closeBackends,
  openBackend,
  realEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterEach(closeBackends);

interface Trained {
  readonly home: string;
  readonly run: RunRecord;
  readonly resourcesDirectory: string;
}

/** A closed home with one run that has completed. */
async function trained(): Promise<Trained> {
  const resourcesDirectory = tinyResources();
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory });
  const config = {
    ...tinyConfig,
    dataset: tinyIdx(),
    compute_backend: 'wasm' as const,
    max_steps: 2,
    eval_samples: 10,
  };
  await backend.handle('runs.create', { config });
  await backend.idle();
  const [run] = await backend.handle('runs.list', {});
  if (run?.status !== 'completed') throw new Error(`the run is ${run?.status}`);
  await backend.close();
  return { home: backend.home, run, resourcesDirectory };
}

function change(home: string, ...statements: readonly string[]): void {
  const database = new Database(join(home, 'studio.sqlite'));
  for (const statement of statements) expect(database.prepare(statement).run().changes).toBe(1);
  database.close();
}

const lostJob = "UPDATE jobs SET status = 'running', finished_at = NULL WHERE kind = 'train'";
const lostRun = "UPDATE runs SET status = 'running', result = NULL, adapter_id = NULL, finished_at = NULL";

it('a run that has its end keeps it, where the app was killed before its job had one', async () => {
  const { home, run, resourcesDirectory } = await trained();
  change(home, lostJob);
  const second = await openBackend({ startEngine: realEngine, resourcesDirectory, home });
  expect(await second.handle('runs.get', { id: run.id })).toEqual(run);
});

it.each(['completed', 'stopped'])(
  'restores a run that was %s, after a loss of power took its end and adapter out of the database',
  async (outcome) => {
    const { home, run, resourcesDirectory } = await trained();
    const file = join(home, run.folder, 'run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"status":"completed"', `"status":"${outcome}"`));
    change(home, lostJob, lostRun, 'DELETE FROM adapters');
    const second = await openBackend({ startEngine: realEngine, resourcesDirectory, home });
    const { status, result, adapterId, error } = await second.handle('runs.get', { id: run.id });
    expect({ status, result, adapterId, error }).toEqual({
      ...{ status: outcome, result: run.result, adapterId: run.adapterId, error: null },
    });
    const [adapter] = await second.handle('adapters.list', {});
    expect(adapter).toMatchObject({ id: run.adapterId, name: run.name, origin: { kind: 'run', runId: run.id } });
    const [job] = await second.handle('jobs.list', { active: false });
    expect(job).toMatchObject({ status: outcome, error: null });
  },
);

it.each(['running', 'interrupted'])(
  'opens a home with a link in place of the folder of a run that is %s',
  async (status) => {
    const { home, run, resourcesDirectory } = await trained();
    change(home, `UPDATE runs SET status = '${status}'`, `UPDATE jobs SET status = '${status}' WHERE kind = 'train'`);
    const elsewhere = join(temporaryFolder(), 'elsewhere');
    mkdirSync(elsewhere);
    renameSync(join(home, run.folder), join(elsewhere, 'run'));
    symlinkSync(join(elsewhere, 'run'), join(home, run.folder));
    const second = await openBackend({ startEngine: realEngine, resourcesDirectory, home });
    expect(second.skipped).toEqual([expect.stringContaining(`${run.folder} in the home folder`)]);
    expect(await second.handle('runs.list', {})).toHaveLength(1);
  },
);
