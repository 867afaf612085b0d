import { afterEach, expect, it } from 'vitest';
import { ablationStudy } from '../../../src-shared/studies/grid/ablation.ts';
import { outcomesOf } from '../../../src-shared/studies/grid/grid-schemas.ts';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx, tinyResources } from '../support.ts';
import { countingEngine } from './counting-engine.ts';

afterEach(closeBackends);

it('an ablation scores its adapters at the norm of the compared cell, and trains nothing more for it', async () => {
  const { start, counts } = countingEngine([]);
  const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
  const run = { ...tinyConfig, dataset: tinyIdx() };
  const config = {
    ...{ kind: 'ablation' as const, run, grid: { learning_rate: [1e-3, 1e-2] }, seeds: [1, 2] },
    further_metrics: ['loss'],
    scores: ['alone' as const, { prune: 'magnitude', parameters: { sparsity: 0.9 } }, { merge: 'weight-average' }],
  };
  const finished = async (more: object) => {
    const { study } = await backend.handle('studies.create', { config: { ...config, ...more } });
    await backend.idle();
    const { status, error, result } = await backend.handle('studies.get', { id: study.id });
    expect({ status, error }).toEqual({ status: 'completed', error: null });
    return outcomesOf(ablationStudy.resultSchema.parse(result));
  };
  const plain = await finished({});
  const { scores } = counts;
  const controlled = await finished({ norm: ['trained', 'swapped'] });
  expect(counts.trainings).toHaveLength(4);
  expect(counts.scores).toBe(2 * scores);
  expect(controlled.filter(({ label }) => !label.includes('‖ΔW‖'))).toEqual(plain);
  const scaled = controlled.filter(({ label, metric }) => label.includes('‖ΔW‖') && metric === 'loss');
  expect(scaled).toHaveLength(3);
  for (const { cells } of scaled) {
    const [slow, fast] = cells;
    // A larger rate moves further, and each is scored at the norm of the other.
    expect(fast?.norms?.own).toBeGreaterThan(2 * (slow?.norms?.own ?? Number.NaN));
    expect(fast?.norms?.target).toBe(slow?.norms?.own);
    expect(slow?.norms?.target).toBe(fast?.norms?.own);
  }
  const losses = (wanted: boolean) =>
    controlled
      .filter(({ label, metric }) => metric === 'loss' && label.includes('‖ΔW‖') === wanted)
      .map(({ cells }) => cells.map((cell) => cell?.own.mean));
  expect(losses(true)).not.toEqual(losses(false));
});

it('a norm that no cell can have is refused before anything is trained', async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  const adapter = { ...tinyConfig.adapter, variant: 'dora' };
  const config = {
    kind: 'ablation' as const,
    run: { ...tinyConfig, dataset: tinyIdx(), adapter },
    grid: { coto: [null, {}] },
    seeds: [1],
    norm: ['trained' as const, 'swapped' as const],
  };
  for (const request of ['studies.forecast', 'studies.create'] as const)
    await expect(backend.handle(request, { config })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^norm: no score has a ‖ΔW‖ to swap: no single factor .* it is a DoRA, and .*\.$/),
    });
  expect(await backend.handle('jobs.list', {})).toEqual([]);
});
