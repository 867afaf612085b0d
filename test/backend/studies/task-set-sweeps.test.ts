import { afterEach, expect, it } from 'vitest';
import { mergeabilityResultSchema } from '../../../src-shared/studies/task-sets/mergeability-schemas.ts';
import { multitaskResultSchema } from '../../../src-shared/studies/task-sets/multitask-schemas.ts';
import { closeBackends, openBackend, tinyConfig, tinyIdx, tinyResources } from '../support.ts';
import { countingEngine } from './counting-engine.ts';

afterEach(closeBackends);

it('sweeps the rates of every task before the sets, is tuned, and goes on where it was killed', async () => {
  const [ten, three] = [tinyIdx(8, 3), tinyIdx(8, 3, 3)];
  const sets = {
    tasks: [
      { dataset: ten, name: 'ten' },
      { dataset: three, name: 'three' },
    ],
    run: { ...tinyConfig, compute_backend: 'wasm' as const },
    variants: [{ settings: { coto: null } }, { settings: { coto: {} } }],
    seeds: [1, 2],
    methods: ['weight-average'],
    tune: { learning_rate: [1e-4, 1e-1], seeds: [1], validation_samples: 8, extend: 1 },
  };
  const config = { kind: 'multitask' as const, placebos: false, ...sets };
  const done = async (deaths: readonly number[]) => {
    const { start, counts } = countingEngine(deaths);
    const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
    // Two tasks × two variants × two rates, then seed 2 of each; a rate at each end at most. Four rows on two tasks of four sets.
    expect(await backend.handle('studies.forecast', { config })).toMatchObject({
      trainings: 8 + 4,
      extensions: 8,
      scores: 8 + 4 * 4 * 2,
      power: null,
      warnings: [expect.stringContaining('The better of two learning rates is always at the edge of the grid')],
    });
    await expect(backend.handle('studies.forecast', { config: { ...config, metric: 'bleu' } })).rejects.toThrow(
      /no metric "bleu"/,
    );
    const { study } = await backend.handle('studies.create', { config });
    await backend.idle();
    return { backend, id: study.id, counts };
  };

  const { backend, id, counts } = await done([]);
  const study = await backend.handle('studies.get', { id });
  expect(study).toMatchObject({ status: 'completed', error: null });
  const { tuning, groups } = multitaskResultSchema.parse(study.result);
  expect(tuning.map(({ task, examples, equalBudget }) => [task, examples, equalBudget])).toEqual([
    ['ten', 8, true],
    ['three', 8, true],
  ]);
  // Both rates are an end of those tried, so that every task went on once.
  const rates = tuning.map(({ cells }) => cells[0]?.points.length ?? 0);
  expect(Math.min(...rates)).toBeGreaterThan(2);
  const trials = 2 * ((rates[0] ?? 0) + (rates[1] ?? 0));
  expect(new Set(counts.trainings).size).toBe(counts.trainings.length);
  expect(counts.trainings).toHaveLength(trials + 4);
  expect(counts.scores).toBe(trials + 4 * 4 * 2);
  expect(groups.map(({ label, seeds }) => [label, seeds])).toEqual([
    ['LoRA', [1, 2]],
    ['LoRA + CoTo', [1, 2]],
  ]);
  expect(await backend.handle('studies.tuned', { studyId: id })).toMatchObject({
    state: tuning.some(({ cells }) => cells.some(({ edge }) => edge !== null)) ? 'edge' : 'tuned',
    reason: expect.stringContaining('on 1 seed, by accuracy on 8 validation examples'),
  });
  expect(study.provenance?.parts.find(({ kind }) => kind === 'train')).toMatchObject({ planned: trials + 8 });

  // The pairs of the same sets: nothing is trained again.
  const pairs = await backend.handle('studies.create', { config: { kind: 'mergeability', ...sets } });
  await backend.idle();
  const compared = await backend.handle('studies.get', { id: pairs.study.id });
  expect(compared).toMatchObject({ status: 'completed', error: null });
  expect(mergeabilityResultSchema.parse(compared.result).tuning).toEqual(tuning);
  expect(counts.trainings).toHaveLength(trials + 4);

  // Killed after the first trials, and again before the sets.
  const deaths = [8, trials];
  const killed = await done(deaths);
  for (const trained of deaths) {
    expect((await killed.backend.handle('studies.get', { id: killed.id })).status).toBe('interrupted');
    expect(killed.counts.trainings).toHaveLength(trained);
    await killed.backend.handle('studies.resume', { id: killed.id });
    await killed.backend.idle();
  }
  expect((await killed.backend.handle('studies.get', { id: killed.id })).result).toEqual(study.result);
  expect(killed.counts.trainings).toEqual(counts.trainings);
});
