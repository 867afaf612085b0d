import { afterEach, expect, it } from 'vitest';
import { closeBackends, type OpenBackend, openBackend, realEngine, tinyConfig, tinyIdx } from '../support.ts';

afterEach(closeBackends);

async function train(backend: OpenBackend, config: object) {
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  const ended = await backend.handle('runs.get', { id: run.id });
  expect(ended.error).toBe(null);
  return { run: ended, samples: await backend.handle('runs.samples', { id: run.id }) };
}

it('a classifier keeps the first images of its evaluations with the class that it took them for', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  await backend.handle('settings.set', { forgetting: false });
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 4, eval_steps: 2, coto: {} };
  const { run, samples } = await train(backend, config);
  expect(samples.inputs.map((input) => ('truth' in input ? input.truth : null))).toEqual(['0', '1', '2', '3']);
  expect(samples.inputs[1]).toMatchObject({ kind: 'image', height: 28, width: 28, channels: 1 });
  const [, second] = samples.inputs;
  // The second band of rows is bright.
  expect(second?.kind === 'image' ? [second.pixels[4 * 28], (second.pixels[7 * 28] ?? 0) >= 200] : null).toEqual([
    expect.toSatisfy((value: number) => value < 20),
    true,
  ]);
  expect(samples.steps.map(({ step }) => step)).toEqual([2, 4]);
  for (const { answers } of samples.steps) {
    expect(answers).toHaveLength(4);
    for (const [place, { text, isRight, probability }] of answers.entries()) {
      expect(isRight).toBe(text === String(place));
      expect(probability).toBeGreaterThanOrEqual(0.1);
    }
  }
  // Kept or not, it is the same training, and the same run to whoever looks for one of this content.
  const without = await train(backend, { ...config, sample_count: 0 });
  expect(without.samples).toEqual({ inputs: [], steps: [] });
  const sha = async (id: string | null) => (await backend.handle('adapters.get', { id: id ?? '' })).sha256;
  expect(await sha(run.adapterId)).toBe(await sha(without.run.adapterId));
  const found = await backend.handle('runs.find', { config: { ...config, sample_count: 2 } });
  expect([run.id, without.run.id]).toContain(found?.id);
});
