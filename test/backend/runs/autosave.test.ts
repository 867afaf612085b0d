import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx } from '../support.ts';

afterEach(closeBackends);

/** Shorter than any step. */
const save_minutes = 1e-7;

/** The checkpoints of a run that trained to its end, and its folders of checkpoints. */
async function trained(settings: object) {
  const backend = await openBackend({ startEngine: realEngine });
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 6, save_minutes, ...settings };
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  const { status, checkpoints, folder, adapterId } = await backend.handle('runs.get', { id: run.id });
  expect(status).toBe('completed');
  const { sha256 } = await backend.handle('adapters.get', { id: adapterId ?? '' });
  return {
    kept: checkpoints.map(({ kind, step }) => `${kind} ${step}`).sort(),
    folders: readdirSync(join(backend.home, folder, 'checkpoints')).length,
    sha256,
  };
}

it('keeps none of the checkpoints saved by time after the end of a run, and those that were asked for', async () => {
  const plain = await trained({});
  expect(plain).toMatchObject({ kept: ['best 6', 'last 6'], folders: 2 });
  const asked = await trained({ save_steps: 2, eval_steps: 3 });
  expect(asked.kept.filter((name) => !name.startsWith('best'))).toEqual(['last 6', 'step 2', 'step 4', 'step 6']);
  expect(asked.kept).toHaveLength(5);
  expect(asked.folders).toBe(5);
  const never = await trained({ save_minutes: 0 });
  expect(new Set([plain, asked, never].map(({ sha256 }) => sha256)).size).toBe(1);
});

it('ends with the best checkpoint of a run that saved later ones by time', async () => {
  const settings = { eval_steps: 1, load_best_model_at_end: true, metric_for_best_model: 'loss', learning_rate: 0.05 };
  const [often, never] = [await trained(settings), await trained({ ...settings, save_minutes: 0 })];
  expect(often).toMatchObject({ kept: never.kept, folders: never.folders, sha256: never.sha256 });
});
