import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { relativeDifference } from '../../../engine/golden.ts';
import { closeBackends, type OpenBackend, openBackend, realEngine, tinyConfig, tinyIdx } from '../../support.ts';

afterEach(closeBackends);

/** A run of one step that moves nothing to speak of. */
const still = { ...tinyConfig, max_steps: 1, learning_rate: 1e-12 };

async function adapterOf(backend: OpenBackend, runId: string) {
  const { adapterId, error } = await backend.handle('runs.get', { id: runId });
  if (adapterId === null) throw new Error(`no adapter: ${error?.message}`);
  const adapter = await backend.handle('adapters.get', { id: adapterId });
  return { adapter, tensors: await readSafetensors(join(backend.home, adapter.folder, 'adapter_model.safetensors')) };
}

describe('a run that starts from another adapter', () => {
  it('has its values, waits for the run that makes it, and keeps it from being removed', async () => {
    const backend = await openBackend({ startEngine: realEngine });
    const dataset = tinyIdx();
    const first = await backend.handle('runs.create', { config: { ...tinyConfig, dataset, learning_rate: 0.01 } });
    const seeded = { ...still.adapter, init_adapter: first.run.id };
    const second = await backend.handle('runs.create', { config: { ...still, dataset, seed: 7, adapter: seeded } });
    expect(second.job.after).toEqual([first.job.id]);
    await backend.idle();
    const [one, other] = [await adapterOf(backend, first.run.id), await adapterOf(backend, second.run.id)];
    expect(one.tensors.size).toBeGreaterThan(8);
    for (const [key, { data }] of one.tensors)
      expect(relativeDifference(other.tensors.get(key)?.data ?? [], data), key).toBeLessThan(1e-5);
    const again = { ...still.adapter, init_adapter: one.adapter.id };
    const third = await backend.handle('runs.create', { config: { ...still, dataset, adapter: again } });
    await expect(backend.handle('adapters.remove', { id: one.adapter.id })).rejects.toThrow(/is needed by the job/);
    await backend.idle();
    expect((await backend.handle('runs.get', { id: third.run.id })).status).toBe('completed');
  });

  it('is refused before it is queued where it does not fit', async () => {
    const backend = await openBackend({ startEngine: realEngine });
    const dataset = tinyIdx();
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    await backend.idle();
    const { adapter } = await adapterOf(backend, run.id);
    const create = (changes: Record<string, unknown>) =>
      backend.handle('runs.create', {
        config: { ...still, dataset, adapter: { ...still.adapter, init_adapter: adapter.id, ...changes } },
      });
    const refusals: [Record<string, unknown>, RegExp, RegExp][] = [
      [{ r: 4 }, /its rank on .* is 2, and the run's is 4/, /Set r/],
      [{ lora_alpha: 3 }, /its scaling on .* is 8, and the run's is 1.5/, /lora_alpha/],
      [{ variant: 'dora' }, /its tensor magnitude/, /same variant/],
      [{ variant: 'vera' }, /it is a LoRA, and the run trains a VeRA/, /adapter.variant to lora/],
      [{ target_modules: ['q_proj'] }, /it also adapts .*v_proj/, /target_modules/],
      [{ target_modules: ['q_proj', 'v_proj', 'fc1'] }, /it does not adapt .*fc1/, /target_modules/],
      [
        { modules_to_save: [] },
        /modules_to_save leaves out the head|of its own, which the run does not train/,
        /modules_to_save/,
      ],
      [{ init_adapter: 'nothing' }, /neither an adapter nor a run "nothing"/, /coto adapters list/],
    ];
    for (const [changes, message, hint] of refusals)
      await expect(create(changes), JSON.stringify(changes)).rejects.toMatchObject({
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      });
    const both = await create({ init_lora_weights: 'pissa' });
    await backend.idle();
    expect((await backend.handle('runs.get', { id: both.run.id })).error?.message).toMatch(/and by PiSSA/);
  });
});
