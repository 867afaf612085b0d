import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { closeBackends, openBackend, tinyConfig, tinyIdx, tinyResources } from '../support.ts';
import { countingEngine } from './counting-engine.ts';

afterEach(closeBackends);

test('a study by a metric that scores of earlier versions lack computes them again, once', async () => {
  const { start, counts } = countingEngine([]);
  const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
  const dataset = tinyIdx(8, 3);
  const scoresOf = async (metric: string) => {
    const before = counts.scores;
    const config = {
      kind: 'ablation' as const,
      run: { ...tinyConfig, dataset, compute_backend: 'wasm' as const },
      grid: { coto: [null, {}] },
      seeds: [1],
      metric,
    };
    const { study } = await backend.handle('studies.create', { config });
    await backend.idle();
    const { status, error } = await backend.handle('studies.get', { id: study.id });
    expect(error).toBeNull();
    expect(status).toBe('completed');
    return counts.scores - before;
  };
  expect(await scoresOf('accuracy')).toBe(2);
  const database = new SqliteDatabase(join(backend.home, 'studio.sqlite'));
  const { changes } = database
    .prepare("UPDATE scores SET score = json_remove(score, '$.metrics.brier', '$.metrics.ece')")
    .run();
  database.close();
  expect(changes).toBe(2);
  expect(await scoresOf('f1_macro')).toBe(0);
  expect(await scoresOf('brier')).toBe(2);
  expect(await scoresOf('ece')).toBe(0);
});
