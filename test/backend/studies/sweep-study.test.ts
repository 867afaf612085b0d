import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { studyWords } from '../../../src-main/backend/studies/study-words.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { closeBackends, openBackend, tinyConfig, tinyIdx, tinyResources } from '../support.ts';
import { countingEngine } from './counting-engine.ts';

afterEach(closeBackends);

const config = (dataset: string) => ({
  kind: 'ablation' as const,
  run: { ...tinyConfig, dataset, compute_backend: 'wasm' as const },
  grid: { coto: [null, {}] },
  seeds: [1, 2, 3],
  scores: ['alone' as const, { merge: 'factor-average' }, { prune: 'every-other-layer' }],
  further_metrics: ['loss'],
  tune: { learning_rate: [1e-4, 1e-1], seeds: [1, 2], validation_samples: 20, extend: 1 },
});

describe('an ablation with a sweep, on a tiny model', () => {
  it('resumes after kills in its first and second stage without training anything twice', async () => {
    const dataset = tinyIdx(8, 3);
    const done = async (deaths: readonly number[]) => {
      const { start, counts } = countingEngine(deaths);
      const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
      const { study } = await backend.handle('studies.create', { config: config(dataset) });
      await backend.idle();
      return { backend, study, counts };
    };

    const whole = await done([]);
    const { result, status, error } = await whole.backend.handle('studies.get', { id: whole.study.id });
    expect(error).toBeNull();
    expect(status).toBe('completed');
    if (result?.kind !== 'ablation' || result.tuning === null) throw new Error('another kind');
    expect(new Set(whole.counts.trainings).size).toBe(whole.counts.trainings.length);
    const rates = result.tuning.cells[0]?.points.map(({ learning_rate }) => learning_rate) ?? [];
    // Both rates are an end of the grid, so that it was extended once, for both cells alike.
    expect(rates.length).toBeGreaterThan(2);
    expect(result.tuning).toMatchObject({ examples: 20, equalBudget: true });
    // Two cells × rates × two seeds, then the third seed of each at the chosen rates.
    expect(whole.counts.trainings).toHaveLength(4 * rates.length + 2);
    expect(whole.counts.scores).toBe(4 * rates.length + 2 * (3 + 3 + 3));
    expect(result.examples).toBe(30);
    expect(result.outcomes.map(({ label, metric }) => `${label}/${metric}`)).toEqual([
      'Alone/accuracy',
      'Alone/loss',
      'Factor average of two seeds/accuracy',
      'Factor average of two seeds/loss',
      'Every other layer/accuracy',
      'Every other layer/loss',
    ]);
    for (const { cells } of result.outcomes) {
      expect(cells[0]?.own.bootstrap?.over).toBe('seeds and examples');
      expect(cells[1]?.difference).not.toBeNull();
    }
    expect((await whole.backend.handle('runs.list', {})).every((run) => run.config.eval_split === 'validation')).toBe(
      true,
    );

    // The sweep is on record: a run at a chosen rate is tuned, whatever its seed, and no other.
    const tuned = (of: { studyId: string } | { runIds: string[] }) => whole.backend.handle('studies.tuned', of);
    const state = result.tuning?.cells.some(({ edge }) => edge !== null) ? 'edge' : 'tuned';
    expect(await tuned({ studyId: whole.study.id })).toMatchObject({
      state,
      reason: expect.stringContaining(
        `a sweep of ${rates.length} rates on 2 seeds, by accuracy on 20 validation examples`,
      ),
    });
    const runs = await whole.backend.handle('runs.list', {});
    const chosen = result.cells.map(({ learning_rate }) => learning_rate);
    const isChosen = ({ config: { coto, learning_rate } }: (typeof runs)[number]) =>
      learning_rate === chosen[coto === null ? 0 : 1];
    const idsOf = (wanted: boolean) => runs.filter((run) => isChosen(run) === wanted).map(({ id }) => id);
    expect(await tuned({ runIds: idsOf(true) })).toMatchObject({ state });
    expect(await tuned({ runIds: idsOf(false) })).toMatchObject({ state: 'untuned' });

    // A report has the runs of both stages.
    await whole.backend.handle('reports.create', { studyIds: [whole.study.id] });
    await whole.backend.idle();
    const [report] = await whole.backend.handle('reports.list', {});
    const written = readFileSync((report?.path ?? '').replace(/html$/, 'json'), 'utf8');
    const listed = z.object({ runs: z.array(z.object({ id: z.string() })) }).parse(JSON.parse(written));
    const compared = runs.filter(isChosen).map(({ id }) => id);
    expect(compared).toHaveLength(6);
    expect(listed.runs.map(({ id }) => id)).toEqual(expect.arrayContaining(compared));

    // Killed in the sweep, after the eight runs of its first round, and once more before the trainings at the best rates.
    const deaths = [8, 4 * rates.length];
    const killed = await done(deaths);
    const { id } = killed.study;
    for (const trained of deaths) {
      expect((await killed.backend.handle('studies.get', { id })).status).toBe('interrupted');
      expect(killed.counts.trainings).toHaveLength(trained);
      await killed.backend.handle('studies.resume', { id });
      await killed.backend.idle();
    }
    const resumed = await killed.backend.handle('studies.get', { id });
    expect(resumed.status).toBe('completed');
    expect(resumed.result).toEqual(result);
    expect(killed.counts.trainings).toEqual(whole.counts.trainings);
    expect(killed.counts.scores).toBe(whole.counts.scores);

    // Without the study its evidence is gone.
    await whole.backend.handle('studies.remove', { id: whole.study.id });
    expect(await tuned({ runIds: idsOf(true) })).toMatchObject({ state: 'untuned' });
  });

  it('continues without a learning rate at which the training diverges, and does not train it again', async () => {
    const { start, counts } = countingEngine([]);
    const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
    const given = config(tinyIdx(8, 3));
    const small = {
      ...given,
      seeds: [1, 2],
      scores: ['alone' as const],
      // A step of AdamW this large leaves the range of float32.
      tune: { ...given.tune, learning_rate: [1e-4, 1e38], seeds: [1], extend: 0 },
    };
    const { study } = await backend.handle('studies.create', { config: small });
    await backend.idle();
    const { status, error, result } = await backend.handle('studies.get', { id: study.id });
    expect(error).toBeNull();
    expect(status).toBe('completed');
    if (result?.kind !== 'ablation' || result.tuning === null) throw new Error('another kind');
    for (const cell of result.tuning.cells)
      expect(cell).toMatchObject({ learning_rate: 1e-4, diverged: [{ learning_rate: 1e38 }] });
    // Two cells × two rates, and the second seed of each; those that diverged stay failed runs.
    expect(counts.trainings).toHaveLength(4 + 2);
    const runs = await backend.handle('runs.list', {});
    expect(runs.filter((run) => run.status === 'failed').map(({ error: lost }) => lost?.code)).toEqual([
      'not_finite',
      'not_finite',
    ]);
  });

  it('has no outcome for a cell whose training diverges, whichever it is, and says so', async () => {
    const { start } = countingEngine([]);
    const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
    const { tune: _, ...given } = config(tinyIdx(8, 3));
    const done = async (learning_rate: number[]) => {
      const { study } = await backend.handle('studies.create', {
        config: { ...given, grid: { learning_rate }, seeds: [1, 2] },
      });
      await backend.idle();
      return backend.handle('studies.get', { id: study.id });
    };
    for (const rates of [
      [1e-4, 1e38],
      [1e38, 1e-4],
    ]) {
      const { id, config: used, status, error, result } = await done(rates);
      expect({ status, error }).toEqual({ status: 'completed', error: null });
      if (result?.kind !== 'ablation') throw new Error('another kind');
      const [alone, , merged] = result.outcomes;
      const lost = rates.indexOf(1e38);
      for (const one of [alone, merged]) {
        expect(one?.cells[lost]).toBeNull();
        expect(one?.cells[1 - lost]?.own.mean).toBeGreaterThanOrEqual(0);
        expect(one?.cells[1 - lost]?.difference).toBeNull();
      }
      expect(alone?.notes).toEqual([expect.stringMatching(/^Alone of .*: a training diverged \(seed 1, seed 2\)\.$/)]);
      expect(merged?.notes).toEqual([expect.stringMatching(/: a training diverged\.$/)]);
      expect(result.examples).toBe(30);
      const { files } = await backend.handle('studies.files', { id });
      expect(files.find(({ name }) => name === 'tables.md')?.text).toContain('a training diverged (seed 1, seed 2)');
      expect(studyKind('ablation').figures(result, used, studyWords).length).toBeGreaterThan(0);
    }
    expect((await done([1e38, 1e37])).error).toMatchObject({
      code: 'not_finite',
      message: expect.stringContaining('every cell'),
    });
  });
});
