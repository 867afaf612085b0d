import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { StartEngine } from '../../../src-main/backend/engine/engine-host.ts';
import { runTask } from '../../../src-main/engine/jobs/run-job.ts';
import { studyConfigSchema } from '../../../src-shared/studies/index.ts';
import { closeBackends, openBackend, scriptedEngine, tinyConfig, tinyIdx, tinyResources } from '../support.ts';

afterEach(closeBackends);

/** The real engine; it counts, and dies once when the first training, or the first block of masks after them, has been done. */
function countingEngine(deaths: ('training' | 'masks')[]) {
  const counts = { trainings: [] as string[], masks: [] as string[] };
  const start: StartEngine = scriptedEngine(({ task, emit, die }) => {
    const fail = () => {
      deaths.shift();
      die(new Error('killed'));
      throw new Error('killed');
    };
    const runs = task.kind === 'train' ? [task] : task.kind === 'train-together' ? task.runs : [];
    if (deaths[0] === 'training' && counts.trainings.length === 1 && runs.length > 0) fail();
    for (const { config } of runs) counts.trainings.push(`${config.seed}`);
    return runTask(task, {
      emit(event) {
        if (event.kind === 'mask-scores') {
          if (deaths[0] === 'masks' && counts.masks.length > 0) fail();
          counts.masks.push(...event.scores.map(({ mask, block }) => `${mask}/${block}`));
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

const run = (dataset: string, more: object = {}) => ({
  run: { ...tinyConfig, dataset, compute_backend: 'wasm' as const, seed: 1, ...more },
});

/** Batches of their own, so that the two are not trained in one pass. */
const contribution = (dataset: string) => ({
  kind: 'contribution' as const,
  dataset,
  metric: 'loss' as const,
  adapters: [
    { label: 'LoRA', coto: false, seed: 1, adapter: run(dataset) },
    { label: 'LoRA', coto: false, seed: 2, adapter: run(dataset, { seed: 2, per_device_train_batch_size: 5 }) },
    // The content is the first one's, in other words and by another name.
    { label: 'again', coto: false, seed: 1, adapter: { ...run(dataset, { learning_rate: 1e-3 }), name: 'Again' } },
  ],
});

describe('a study whose adapters are given by the settings of runs', () => {
  it('trains each once, is killed and goes on without training again, and is made again elsewhere by its file', async () => {
    const dataset = tinyIdx();
    const { start, counts } = countingEngine(['training', 'masks']);
    const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
    const { study } = await backend.handle('studies.create', { config: contribution(dataset) });
    const state = async () => {
      await backend.idle();
      return backend.handle('studies.get', { id: study.id });
    };
    expect((await state()).status).toBe('interrupted');
    expect(counts.trainings).toEqual(['1']);
    await backend.handle('studies.resume', { id: study.id });
    expect((await state()).status).toBe('interrupted');
    const before = counts.masks.length;
    expect(before).toBeGreaterThan(0);
    await backend.handle('studies.resume', { id: study.id });
    const done = await state();
    expect(done).toMatchObject({ status: 'completed', error: null });
    expect(counts.trainings).toEqual(['1', '2']);
    const runs = await backend.handle('runs.list', {});
    expect(runs.map(({ name }) => name).sort()).toEqual([1, 2].map((seed) => `LoRA · ${dataset} · seed ${seed}`));
    expect(done.provenance).toMatchObject({ seeds: [1, 2], parts: [{ kind: 'train', planned: 2 }, { kind: 'masks' }] });
    expect(await backend.handle('runs.find', { config: run(dataset).run })).toMatchObject({ status: 'completed' });

    // The same study of the adapters themselves costs nothing, and its file gives them by their runs.
    const [one, two] = [1, 2].map((seed) => runs.find(({ config }) => config.seed === seed)?.adapterId ?? '');
    const { adapters, ...rest } = contribution(dataset);
    const byId = [one, two, one].map((adapterId, at) => ({ ...adapters[at], adapter: { adapterId } }));
    const parsed = studyConfigSchema.parse({ ...rest, adapters: byId });
    const again = await backend.handle('studies.create', { config: parsed, name: 'By id' });
    await backend.idle();
    expect((await backend.handle('studies.get', { id: again.study.id })).result).toEqual(done.result);
    expect(counts.trainings).toHaveLength(2);
    const { files } = await backend.handle('studies.files', { id: again.study.id });
    const yaml = files.find(({ name }) => name === 'study.yaml')?.text ?? '';
    expect(yaml).toContain('adapter: &a1\n');
    expect(yaml).toContain('adapter: *a1\n');
    expect(yaml).not.toContain(one);
    const file = z.looseObject({ name: z.string() }).parse(parse(yaml));

    const other = countingEngine([]);
    const elsewhere = await openBackend({ startEngine: other.start, resourcesDirectory: tinyResources() });
    const { name, ...config } = file;
    const made = await elsewhere.handle('studies.create', { config: studyConfigSchema.parse(config), name });
    await elsewhere.idle();
    expect((await elsewhere.handle('studies.get', { id: made.study.id })).result).toEqual(done.result);
    expect(other.counts.trainings.sort()).toEqual(['1', '2']);
    expect((await elsewhere.handle('runs.list', {})).map((one) => one.name).sort()).toEqual(
      runs.map((one) => one.name).sort(),
    );
  });

  it('is refused before anything is queued where its runs or their adapters would not do', async () => {
    const backend = await openBackend({
      startEngine: scriptedEngine(() => new Promise(() => undefined)),
      resourcesDirectory: tinyResources(),
    });
    const dataset = tinyIdx();
    const refused = async (from: object, to: object, more: object = {}) => {
      const config = {
        kind: 'interpolation',
        dataset,
        points: 3,
        pairs: [{ label: 'P', coto: false, from, to }],
        ...more,
      };
      const thrown: unknown = await backend.dispatch('studies.create', { config }).catch((error: unknown) => error);
      return z.object({ message: z.string() }).parse(thrown).message;
    };
    const usual = run(dataset);
    const other = run(dataset, { seed: 2 });
    expect(await refused(usual, { ...usual, name: 'Twin' })).toContain(
      'are the same adapter: there is nothing between',
    );
    expect(await refused(usual, run(dataset, { seed: 2, model: 'nowhere' }))).toContain('There is no model "nowhere"');
    expect(await refused(usual, run(dataset, { seed: 2, adapter: { nonsense: 3 } }))).toContain(
      'no parameter "nonsense"',
    );
    expect(await refused(usual, run(tinyIdx(4, 2, 3), { seed: 2 }))).toContain('was not trained for the labels of');
    expect(
      await refused(usual, run(dataset, { seed: 2, adapter: { ...tinyConfig.adapter, r: 4 } }), {
        curves: ['factor-average'],
      }),
    ).toMatch(/rank/);
    expect(await refused(usual, run(dataset, { seed: 2, learning_rte: 1 }))).toContain(
      'config.pairs.0.to.run: Unrecognized key: "learning_rte"',
    );
    expect(await refused(usual, { folder: 'x' })).toContain('config.pairs.0.to: this is no adapter: give adapterId');
    expect(await backend.handle('jobs.list', {})).toEqual([]);
    expect(await backend.handle('runs.list', {})).toEqual([]);
    expect(
      (
        await backend.handle('studies.forecast', {
          config: studyConfigSchema.parse({
            kind: 'interpolation',
            dataset,
            pairs: [{ label: 'P', coto: false, from: usual, to: other }],
          }),
        })
      ).trainings,
    ).toBe(2);
  });
});
