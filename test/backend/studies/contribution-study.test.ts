import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StartEngine } from '../../../src-main/backend/engine/engine-host.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { AdapterEvaluator } from '../../../src-main/engine/evaluation/adapter-evaluator.ts';
import { meanOutcome } from '../../../src-main/engine/evaluation/masks/mean-outcome.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { runTask } from '../../../src-main/engine/jobs/run-job.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { contributionResultSchema } from '../../../src-shared/studies/adapters/contribution-schemas.ts';
import { goldenPath } from '../../engine/golden.ts';
import { randomAdapter } from '../../engine/jobs/random-adapters.ts';
import { testCompute } from '../../engine/test-compute.ts';
import { closeBackends, openBackend, scriptedEngine, temporaryFolder, tinyIdx, tinyResources } from '../support.ts';

beforeAll(() => activateCompute(testCompute));
afterEach(closeBackends);

const ten = Array.from({ length: 10 }, (_, label) => String(label));

/** The real engine, which counts the masks on blocks that it reports, and dies when more than `dieAfter` would be. */
function countingEngine(dieAfter = Number.POSITIVE_INFINITY) {
  const counts = { tasks: 0, scores: [] as string[] };
  let living = true;
  const start: StartEngine = scriptedEngine(({ task, emit, die }) => {
    counts.tasks++;
    return runTask(task, {
      emit(event: EngineEvent) {
        if (event.kind === 'mask-scores') {
          if (living && counts.scores.length >= dieAfter) {
            living = false;
            die(new Error('killed'));
            throw new Error('killed');
          }
          counts.scores.push(...event.scores.map(({ mask, block }) => `${mask}/${block}`));
        }
        emit(event);
      },
      signal: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return null;
      },
    });
  });
  return { start, counts };
}

async function opened(start: StartEngine) {
  const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
  const targets = ['q_proj', 'k_proj', 'v_proj'];
  const path = await randomAdapter(join(temporaryFolder(), 'adapter'), 1, ten, targets);
  const { id } = await backend.handle('adapters.import', { path });
  return { backend, id, path };
}

const configOf = (dataset: string, id: string, more: object = {}) => ({
  kind: 'shapley',
  dataset,
  unit: 'module',
  metric: 'loss',
  adapters: [{ label: 'LoRA', coto: false, seed: 1, adapter: { adapterId: id } }],
  ...more,
});

describe('the contribution study', () => {
  it('agrees with brute force over all orders, resumes mask by mask, and costs nothing the second time', async () => {
    // Six modules of the tiny ViT's two layers, so that 720 orders are all of them; 40 test examples are five blocks.
    const dataset = tinyIdx(4, 4);
    const { start, counts } = countingEngine(10);
    const { backend, id, path } = await opened(start);
    const { study } = await backend.handle('studies.create', { config: configOf(dataset, id) });
    await backend.idle();
    expect((await backend.handle('studies.get', { id: study.id })).status).toBe('interrupted');
    const before = new Set(counts.scores);
    await backend.handle('studies.resume', { id: study.id });
    await backend.idle();
    const done = await backend.handle('studies.get', { id: study.id });
    expect(done).toMatchObject({ kind: 'contribution', status: 'completed' });
    const result = contributionResultSchema.parse(done.result);
    const [adapter] = result.adapters;
    if (adapter === undefined) throw new Error('no adapter');
    const groups = adapter.groups.length;
    expect(result).toMatchObject({ examples: 40, blocks: 5, metric: 'loss' });
    // Nothing was evaluated twice.
    expect(before.size).toBeGreaterThanOrEqual(10);
    expect(counts.scores).toHaveLength(5 * 2 ** groups);
    expect(new Set(counts.scores).size).toBe(5 * 2 ** groups);

    const worth = await bruteForce(
      dataset,
      path,
      adapter.groups.map(({ name }) => name),
    );
    const shapley = meanOverOrders(groups, worth);
    for (const [group, { shapley: found }] of adapter.groups.entries())
      expect(found.value).toBeCloseTo(shapley[group] ?? Number.NaN, 6);
    expect(adapter.all.value).toBeCloseTo(worth(2 ** groups - 1), 6);
    expect(adapter.efficiency.sum).toBeCloseTo(adapter.efficiency.difference, 12);
    expect(adapter.integralDifference).toBeLessThan(1e-12);
    expect(adapter.exact).toBe(true);

    const { tasks } = counts;
    const again = await backend.handle('studies.create', { config: configOf(dataset, id) });
    await backend.idle();
    expect((await backend.handle('studies.get', { id: again.study.id })).result).toEqual(done.result);
    expect(counts.tasks).toBe(tasks);
    // Sampling reads the same table.
    const sampled = { values: 'permutations', budget: 64 };
    const third = await backend.handle('studies.create', { config: configOf(dataset, id, sampled) });
    await backend.idle();
    const permuted = contributionResultSchema.parse(
      (await backend.handle('studies.get', { id: third.study.id })).result,
    );
    expect(counts.tasks).toBe(tasks);
    expect(permuted.adapters[0]).toMatchObject({ exact: false, interactions: null });
    expect(permuted.adapters[0]?.efficiency.sum).toBeCloseTo(adapter.efficiency.difference, 12);
  });

  it('says before it starts what cannot be decided', async () => {
    const { start, counts } = countingEngine();
    const { backend, id } = await opened(start);
    const create = (more: object) => backend.handle('studies.create', { config: configOf(tinyIdx(), id, more) });
    await expect(create({ values: 'permutations', budget: 14 })).rejects.toThrow(/budget of 14 masks.*6 groups/);
    await expect(create({ unit: 'module', values: 'integral', budget: 30 })).rejects.toThrow(/budget of 30 masks/);
    const path = await randomAdapter(join(temporaryFolder(), 'adapter'), 1, ten, ['q_proj']);
    const single = await backend.handle('adapters.import', { path });
    const config = configOf(tinyIdx(), single.id, { unit: 'module-type' });
    await expect(backend.handle('studies.create', { config })).rejects.toThrow(/one group to switch/);
    expect(counts.tasks).toBe(0);
  });
});

/** −loss of every set of modules, each by a model of its own that switches them off. */
async function bruteForce(dataset: string, path: string, names: readonly string[]): Promise<(set: number) => number> {
  const base = await loadBaseModel(goldenPath('vit-28', 'base'));
  const context = { emit: () => undefined, signal: async () => null };
  const request = {
    modelDirectory: goldenPath('vit-28', 'base'),
    source: { reader: 'idx', path: dataset, options: {} },
    settings: taskSettingsSchema.parse({}),
    samples: 0,
  };
  const evaluator = await AdapterEvaluator.open(base, request, context);
  const model = new AdaptedModel(base);
  model.loadState(await readAdapter(path, base.description));
  const values: number[] = [];
  const modules = model.groups('module');
  for (let set = 0; set < 2 ** names.length; set++) {
    const on = names.filter((_, place) => (set >> place) & 1);
    model.setActive(
      modules,
      Uint8Array.from(modules, ({ name }) => Number(on.includes(name))),
    );
    const all = Int32Array.from({ length: evaluator.examples }, (_, index) => index);
    values.push(-(await meanOutcome(await evaluator.outputsOf(model, all, context))).loss);
  }
  model.dispose();
  evaluator.close();
  base.dispose();
  return (set) => values[set] ?? Number.NaN;
}

/** Shapley values by their first definition: the mean of marginal contributions over all orders. */
function meanOverOrders(groups: number, worth: (set: number) => number): number[] {
  const sums = new Array<number>(groups).fill(0);
  let orders = 0;
  const extend = (order: readonly number[]): void => {
    if (order.length === groups) {
      let set = 0;
      for (const group of order) {
        sums[group] = (sums[group] ?? 0) + worth(set | (1 << group)) - worth(set);
        set |= 1 << group;
      }
      orders++;
      return;
    }
    for (let group = 0; group < groups; group++) if (!order.includes(group)) extend([...order, group]);
  };
  extend([]);
  return sums.map((sum) => sum / orders);
}
