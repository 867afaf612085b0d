import { afterEach, expect, it } from 'vitest';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx } from '../support.ts';

afterEach(closeBackends);

it('an evaluation before the first step is recorded and changes nothing that the run comes to', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const settings = { adapter: { ...tinyConfig.adapter, lora_dropout: 0.1 }, coto: {}, load_best_model_at_end: true };
  const config = { ...tinyConfig, ...settings, dataset: tinyIdx(), max_steps: 4, eval_steps: 2 };
  const train = async (changes: object) => {
    const { run } = await backend.handle('runs.create', { config: { ...config, ...changes } });
    await backend.idle();
    const ended = await backend.handle('runs.get', { id: run.id });
    const adapter = await backend.handle('adapters.get', { id: ended.adapterId ?? '' });
    const curve = async (metric: string) => backend.handle('runs.curve', { id: run.id, metric });
    const log = (await backend.handle('runs.log', { id: run.id })).map(({ text }) => text);
    return { run: ended, adapter, loss: await curve('loss'), evaluations: await curve('eval_loss'), log };
  };
  const plain = await train({});
  const watched = await train({ eval_on_start: true });
  expect([...plain.evaluations.ends]).toEqual([2, 4]);
  expect([...watched.evaluations.ends]).toEqual([0, 2, 4]);
  expect(watched.log.some((text) => text.startsWith('Step 0: evaluation'))).toBe(true);
  expect(watched.loss).toEqual(plain.loss);
  expect(watched.adapter.sha256).toBe(plain.adapter.sha256);
  expect(plain.run.result?.start).toBeUndefined();
  const { accuracy, loss } = watched.run.result?.start ?? {};
  expect(loss).toBe(watched.evaluations.mean[0]);
  expect(watched.log).toContainEqual(
    expect.stringContaining(`Step 0: evaluation accuracy ${(100 * (accuracy ?? -1)).toFixed(1)} %`),
  );
  expect(watched.run.result?.best).toEqual(plain.run.result?.best);
  expect(watched.run.checkpoints.map(({ kind, step }) => [kind, step])).toEqual(
    plain.run.checkpoints.map(({ kind, step }) => [kind, step]),
  );
  // Searches by content treat both runs as the same.
  const found = await backend.handle('runs.find', { config: { ...config, eval_on_start: true } });
  expect([plain.run.id, watched.run.id]).toContain(found?.id);
});
