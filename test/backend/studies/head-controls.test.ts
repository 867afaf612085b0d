import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { ablationStudy } from '../../../src-shared/studies/grid/ablation.ts';
import { outcomesOf } from '../../../src-shared/studies/grid/grid-schemas.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  bundledResources,
  closeBackends,
  openBackend,
  realEngine,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';
import { countingEngine } from './counting-engine.ts';

afterEach(closeBackends);

it('an ablation scores its adapters with their own heads, swapped and refit, and trains nothing more for it', async () => {
  const { start, counts } = countingEngine([]);
  const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
  const run = { ...tinyConfig, dataset: tinyIdx() };
  const config = {
    ...{ kind: 'ablation' as const, run, grid: { coto: [null, {}] }, seeds: [1, 2], further_metrics: ['loss'] },
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
  const controlled = await finished({ head: ['trained', 'swapped', 'refit_after'] });
  expect(counts.trainings).toHaveLength(4);
  // Scores with the own heads are known.
  expect(counts.scores).toBe(3 * scores);
  const isOwn = ({ label }: { label: string }) => !/head/.test(label);
  expect(controlled.filter(isOwn)).toEqual(plain);
  const losses = (label: RegExp) =>
    controlled.filter((one) => one.metric === 'loss' && label.test(one.label)).map(({ cells }) => cells[0]?.own.mean);
  const all = [...losses(/^[^,]*$/), ...losses(/compared cell's head$/), ...losses(/head refit$/)];
  expect(all).toHaveLength(9);
  expect(new Set(all).size).toBe(9);
});

it('head controls are refused before anything is trained where the base has no head for classes', async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
  const run = { model: 'small-llama', dataset: 'state-of-the-union', max_steps: 1 };
  const config = {
    kind: 'ablation' as const,
    run,
    grid: { coto: [null, {}] },
    seeds: [1],
    head: ['refit_after' as const],
  };
  for (const request of ['studies.forecast', 'studies.create'] as const)
    await expect(backend.handle(request, { config })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^head: .* on a base of the family llama has no task head for classes\.$/),
    });
  await expect(
    backend.handle('runs.create', { config: { ...run, head: 'frozen_after_base_probe' as const } }),
  ).rejects.toMatchObject({ message: expect.stringMatching(/has no task head for classes/) });
  expect(await backend.handle('jobs.list', {})).toEqual([]);
});

it('a head that is fitted to the base and frozen is the same for every seed and schedule, and the adapter alone is trained', async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  const dataset = tinyIdx();
  const base = await loadBaseModel(goldenPath('vit-28', 'base'));
  const trained = async (more: object) => {
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset, ...more } });
    await backend.idle();
    const { status, error, adapterId, facts } = await backend.handle('runs.get', { id: run.id });
    expect({ status, error }).toEqual({ status: 'completed', error: null });
    const { folder } = await backend.handle('adapters.get', { id: adapterId ?? '' });
    const state = await readAdapter(join(backend.home, folder), base.description);
    return { head: [...state.saved], body: [...state.modules.values()], parameters: facts?.trainableParameters ?? 0 };
  };
  const frozen = { head: 'frozen_after_base_probe' as const };
  const first = await trained({ ...frozen, seed: 1 });
  const longer = await trained({ ...frozen, seed: 2, coto: {}, max_steps: 4 });
  const own = await trained({ seed: 1 });
  base.dispose();
  expect(longer.head).toEqual(first.head);
  expect(own.head).not.toEqual(first.head);
  expect(longer.body).not.toEqual(first.body);
  // Ten classes of a head of the width of the base, with their biases.
  const headSize = first.head.reduce((sum, [, { data }]) => sum + data.length, 0);
  expect(own.parameters - first.parameters).toBe(headSize);
});

it('runs with a frozen head are cells of an ablation', async () => {
  const { start, counts } = countingEngine([]);
  const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
  const grid = { coto: [null, {}], head: ['trained', 'frozen_after_base_probe'] };
  const run = { ...tinyConfig, dataset: tinyIdx() };
  const { study } = await backend.handle('studies.create', {
    config: { kind: 'ablation', run, grid, seeds: [1], scores: ['alone'], reference: { coto: null } },
  });
  await backend.idle();
  const { status, error, result } = await backend.handle('studies.get', { id: study.id });
  expect({ status, error }).toEqual({ status: 'completed', error: null });
  expect(counts.trainings).toHaveLength(4);
  const [alone] = outcomesOf(ablationStudy.resultSchema.parse(result));
  expect(alone?.cells.filter((cell) => cell?.difference != null)).toHaveLength(2);
});
