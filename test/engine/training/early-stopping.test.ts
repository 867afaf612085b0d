import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { savedCheckpoint } from './saved-checkpoint.ts';
import { config, rows, trainVit } from './vit-run.ts';

await activateCompute(testCompute);
const base = await loadBaseModel(goldenPath('vit', 'base'));
const folder = mkdtempSync(join(tmpdir(), 'coto-stopping-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a run stops early, completed with a note, and the same wherever it was paused', async () => {
  const values = [0.5, 0.7, 0.6, 0.7, 0.9, 0.9];
  const scores = (step: number) => ({ accuracy: null, loss: 1, metrics: { f1_macro: values[step / 2 - 1] ?? 0 } });
  const chosen = config({ eval_steps: 2, early_stopping_patience: 2, load_best_model_at_end: true });
  const options = { criterion: { metric: 'f1_macro', greaterIsBetter: true }, scores };
  const whole = await trainVit(base, folder, chosen, { name: 'whole', ...options });
  expect(whole).toMatchObject({
    outcome: 'completed',
    adapterStep: 4,
    result: { steps: 8, stoppedEarly: true, best: { step: 4, metric: 'f1_macro', value: 0.7 } },
  });
  const note =
    'Stopped early at step 8 of 12: 2 evaluations without improvement of f1_macro, which was best at step 4.';
  expect(whole.events).toContainEqual(expect.objectContaining({ kind: 'log', text: note }));
  // The schedules are those of all 12 steps: in stage 1, p is what it would have been.
  const through = await trainVit(base, folder, config({ eval_steps: 2 }), { name: 'through', ...options });
  expect(through.result).toMatchObject({ steps: 12, stoppedEarly: false });
  for (const metric of ['p', 'learning_rate', 'loss'])
    expect(rows(through.events, metric).slice(0, 8)).toEqual(rows(whole.events, metric));
  const tensors = (name: string) =>
    readFileSync(join(savedCheckpoint(join(folder, name)), 'adapter_model.safetensors'));
  for (const signalAt of [3, 6, 7]) {
    const name = `cut-${signalAt}`;
    await trainVit(base, folder, chosen, { name, signal: 'pause', signalAt, ...options });
    const resumed = await trainVit(base, folder, chosen, {
      name,
      resume: savedCheckpoint(join(folder, name)),
      ...options,
    });
    expect(resumed.result).toMatchObject({ steps: 8, stoppedEarly: true, best: { step: 4 } });
    expect(tensors(name).equals(tensors('whole'))).toBe(true);
  }
  // Killed after the last checkpoint, before its result was kept: it does not train on.
  const last = savedCheckpoint(join(folder, 'whole'));
  expect((await trainVit(base, folder, chosen, { name: 'whole', resume: last, ...options })).result?.steps).toBe(8);
  // Ended by hand, it did not stop early.
  const byHand = await trainVit(base, folder, chosen, { name: 'hand', signal: 'stop', signalAt: 7, ...options });
  expect(byHand).toMatchObject({ outcome: 'stopped', result: { stoppedEarly: false } });
});
