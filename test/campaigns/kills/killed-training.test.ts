import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { adapterRecordSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { runRecordSchema } from '../../../src-shared/domain/runs/run.ts';
import { caseFolders, copyOf, goodData } from '../../cli/bad-input-support.ts';
import { campaign, type Tally } from '../campaign.ts';
import { cotoProcess, disagreements, drawDeath, killTally, reopened } from './killed-processes.ts';

const caseFolder = caseFolders();

/** So many kills of one run at most. */
const maxKills = 8;
const folder = caseFolder();
const base = copyOf(folder);
const data = goodData(join(folder, 'bands'));
const steps = 40;
const words: readonly string[] = [
  'train',
  '--set',
  'model=tiny',
  'dataset=bands',
  'per_device_train_batch_size=4',
  'adapter.r=2',
  'adapter.target_modules=[q_proj, v_proj]',
  'adapter.lora_dropout=0.1',
  'coto={}',
  'compute_backend=wasm',
  `max_steps=${steps}`,
  'save_steps=4',
  'eval_steps=7',
  'learning_rate=0.01',
];
const trained = z.object({ run: runRecordSchema, adapter: adapterRecordSchema });

/** The curves that do not depend on the clock. */
function curvesOf(home: string, id: string): unknown[] {
  const database = new SqliteDatabase(join(home, 'studio.sqlite'), { readonly: true });
  const sql = `SELECT name, step, value FROM metrics WHERE run_id = ? AND name NOT LIKE '%milliseconds%'
    AND name NOT LIKE '%per_second%' AND name NOT LIKE '%memory%' ORDER BY name, step`;
  const rows = database.prepare(sql).all(id);
  database.close();
  return rows;
}

/** A home that knows the base and the data: what a first start makes is not what is killed here. */
async function preparedHome(): Promise<string> {
  const home = join(folder, 'prepared');
  for (const known of [
    ['models', 'add', base, '--name', 'tiny'],
    ['datasets', 'add', data, '--name', 'bands'],
  ])
    expect(await cotoProcess(home, known)).toMatchObject({ code: 0 });
  return home;
}

test('a training that is killed anywhere ends as an undisturbed one, and nothing is lost or left', async () => {
  const prepared = await preparedHome();
  const newHome = (name: string) => {
    const home = join(folder, name);
    cpSync(prepared, home, { recursive: true });
    return home;
  };
  const calm = newHome('calm');
  const undisturbed = await cotoProcess(calm, [...words, '--json'], 'counted');
  const expected = trained.parse(JSON.parse(undisturbed.out));
  const expectedCurves = curvesOf(calm, expected.run.id);
  expect(expectedCurves.length).toBeGreaterThan(2 * steps);
  await campaign({ campaign: 'kills', part: 'training', counts: 'kills', goal: 100 }, async (random, seed) => {
    const home = newHome(`home-${seed}`);
    const tally: Record<string, number> = { 'runs of training': 1, kills: 0 };
    const count = (add: Tally) => {
      for (const [name, number] of Object.entries(add)) tally[name] = (tally[name] ?? 0) + number;
    };
    try {
      let next = words;
      for (let left = 1; ; ) {
        const isPatient = (tally['kills'] ?? 0) >= maxKills;
        const ended = await cotoProcess(
          home,
          [...next, '--json'],
          isPatient ? undefined : drawDeath(random, undisturbed, left),
        );
        count(killTally(ended));
        const place = `killed at ${ended.killedAt ?? 'a time'}`;
        if (!ended.isKilled) {
          expect(ended.code, ended.err).toBe(0);
          const { run, adapter } = trained.parse(JSON.parse(ended.out));
          expect(run.status).toBe('completed');
          expect(adapter.sha256).toBe(expected.adapter.sha256);
          expect(run.result).toMatchObject({
            accuracy: expected.run.result?.accuracy,
            evalLoss: expected.run.result?.evalLoss,
          });
          expect(curvesOf(home, run.id)).toEqual(expectedCurves);
          count({ 'bit for bit': 1 });
          break;
        }
        const [run] = await reopened(home, (backend) => backend.handle('runs.list', {}));
        expect(disagreements(home), place).toEqual([]);
        if (run === undefined) continue;
        // Killed before the engine began with it, or after all was done.
        if (run.status === 'completed' || run.status === 'queued') break;
        expect(run.status, place).toBe('interrupted');
        next = ['runs', 'resume', run.id];
        left = 1 - 0.6 * (run.step / steps);
      }
      expect(disagreements(home)).toEqual([]);
    } finally {
      rmSync(home, { recursive: true });
    }
    return tally;
  });
});
