import { afterEach, describe, expect, it } from 'vitest';
import { initializations } from '../../../src-main/engine/adapters/initializations/index.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx } from '../support.ts';

afterEach(closeBackends);

const ids = initializations.map(({ declaration }) => declaration.id);

// In bfloat16 the residual base of training rounds otherwise than the base of the evaluation.
const exact = { compute_dtype: 'float32' as const };

describe('a run by every start', () => {
  it('trains, and its adapter scores what the run scored; merged and pruned it is an adapter like any other', async () => {
    const backend = await openBackend({ startEngine: realEngine });
    const dataset = tinyIdx();
    const runs = [];
    for (const init_lora_weights of ids) {
      const adapter = { ...tinyConfig.adapter, init_lora_weights, calibration_examples: 8, lora_alpha: 2 };
      const config = { ...tinyConfig, dataset, adapter, learning_rate: 0.01, max_steps: 3, coto: {}, ...exact };
      runs.push((await backend.handle('runs.create', { config })).run);
    }
    await backend.idle();
    const adapters: AdapterRecord[] = [];
    for (const { id } of runs) {
      const { status, result, adapterId, error } = await backend.handle('runs.get', { id });
      expect(status, error?.message).toBe('completed');
      const job = await backend.handle('evaluate.start', {
        model: 'tiny',
        dataset,
        adapters: [{ adapter: { adapterId: adapterId ?? '' } }],
      });
      await backend.idle();
      const answer = await backend.handle('jobs.result', { id: job.id });
      if (answer.kind !== 'evaluate') throw new Error('no evaluation');
      expect(answer.result?.accuracy).toBe(result?.accuracy);
      expect(answer.result?.loss).toBeCloseTo(result?.evalLoss ?? Number.NaN, 4);
      adapters.push(await backend.handle('adapters.get', { id: adapterId ?? '' }));
    }
    const residual = initializations.flatMap((one, index) => (one.residual ? [adapters[index]] : []));
    for (const adapter of residual) expect(adapter?.parameters).toMatchObject({ r: 4, init_lora_weights: 'kaiming' });
    const [pissa, olora] = residual;
    const merging = await backend.handle('merge.start', {
      method: 'linear',
      adapters: [pissa, olora].map((one) => ({ adapterId: one?.id ?? '', weight: 0.5 })),
      parameters: {},
      name: 'both',
    });
    const pruning = await backend.handle('prune.start', {
      adapterId: pissa?.id ?? '',
      method: 'every-other-layer',
      parameters: {},
      name: 'half',
    });
    await backend.idle();
    for (const { id } of [merging, pruning])
      expect(await backend.handle('jobs.get', { id })).toMatchObject({ status: 'completed' });
  });

  it('is refused before it is queued where a module has no such start', async () => {
    const backend = await openBackend({ startEngine: realEngine });
    const dataset = tinyIdx();
    const create = (parameters: Record<string, unknown>) =>
      backend.handle('runs.create', {
        config: { ...tinyConfig, dataset, adapter: { ...tinyConfig.adapter, ...parameters } },
      });
    await expect(create({ init_lora_weights: 'lora-ga', r: 512 })).rejects.toThrow(/LoRA-GA takes 1024 components/);
    await expect(create({ init_lora_weights: 'orthogonal', r: 3 })).rejects.toThrow(/even rank/);
    await expect(create({ init_lora_weights: 'pissa', lora_bias: true })).rejects.toThrow(/lora_bias cannot be used/);
    await expect(create({ init_lora_weights: 'pissa', coto: 1 })).rejects.toThrow(/no parameter "coto"/);
    expect(await backend.handle('runs.list', { archived: false })).toEqual([]);
  });
});
