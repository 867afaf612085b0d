import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { updateNorms } from '../../../../src-main/engine/adapters/inspect/update-norms.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { withShared } from '../../../../src-main/engine/adapters/variant/variant.ts';
import { matmul } from '../../../../src-main/engine/linalg/matmul.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { resultOf } from '../../../../src-shared/domain/jobs/job.ts';
import { goldenPath } from '../../../engine/golden.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
} from '../../support.ts';

let backend: OpenBackend;
let adapterId: string;
let datasetId: string;
beforeAll(async () => {
  backend = await openBackend({ startEngine: realEngine });
  const { id } = await backend.handle('datasets.add', { path: tinyIdx() });
  datasetId = id;
  const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: datasetId } });
  await backend.idle();
  adapterId = (await backend.handle('runs.get', { id: run.id })).adapterId ?? '';
});
afterAll(closeBackends);

it.each(['lora-patterns', 'lora-embedding'])('norms of %s are those of the products', async (name) => {
  const description = await describeModel(goldenPath('llama', 'base'));
  const folder = goldenPath('llama', 'adapters', name);
  const state = await readAdapter(folder, description);
  const { modules, problem } = await updateNorms(folder, description);
  expect(problem).toBeNull();
  expect(modules.map((module) => module.name)).toEqual([...state.modules.keys()]);
  for (const { name: module, layer, norm, perEntry } of modules) {
    const linear = description.linears.find((one) => one.name === module);
    const own = state.modules.get(module);
    if (!linear || !own || !state.variant.product.lowRank) throw new Error('no such module');
    const { a, b, scaling } = state.variant.product.lowRank(withShared(linear, own, state));
    const { data } = matmul(b, a);
    const expected = scaling * Math.hypot(...data);
    expect(norm).toBeCloseTo(expected, 5);
    expect(perEntry).toBeCloseTo(expected / Math.sqrt(data.length), 6);
    expect(layer).toBe(linear.layer);
  }
});

it('an update that is no product says why it has no norms', async () => {
  const description = await describeModel(goldenPath('llama', 'base'));
  expect(await updateNorms(goldenPath('llama', 'adapters', 'dora'), description)).toMatchObject({
    modules: [],
    problem: expect.stringContaining('DoRA has no update B·A'),
  });
});

it('the norms of an adapter of the studio are by module', async () => {
  const { modules } = await backend.handle('adapters.norms', { id: adapterId });
  expect(new Set(modules.map(({ layer }) => layer))).toEqual(new Set([0, 1]));
  expect(modules.every(({ norm }) => norm > 0)).toBe(true);
});

it('datasets that do not fit an adapter say why', async () => {
  const other = await backend.handle('datasets.add', { path: tinyIdx(4, 2, 7), name: 'seven' });
  const file = join(temporaryFolder(), 'texts.csv');
  writeFileSync(file, `text,label\n${'good,yes\nbad,no\n'.repeat(10)}`);
  const texts = await backend.handle('datasets.add', { path: file });
  const fits = await backend.handle('evaluate.datasets', { model: 'tiny', adapterId });
  const problems = new Map(fits.map((fit) => [fit.datasetId, fit.problem]));
  expect(problems.get(datasetId)).toBeNull();
  expect(problems.get(other.id)).toBe('It has 7 labels, the head 10.');
  expect(problems.get(texts.id)).toContain('This model reads images');
});

it('scores come of the run and of evaluations, one for each number of examples', async () => {
  const ofRun = await backend.handle('adapters.scores', { id: adapterId });
  expect(ofRun).toMatchObject([{ datasetId, source: 'run', examples: 20 }]);
  const request = { model: 'tiny', dataset: datasetId, adapters: [{ adapter: { adapterId } }] };
  await backend.handle('evaluate.start', { ...request, eval_samples: 10 });
  await backend.handle('evaluate.start', request);
  // Another strength of it is another adapter.
  await backend.handle('evaluate.start', { ...request, adapters: [{ adapter: { adapterId }, weight: 0.5 }] });
  await backend.idle();
  const scores = await backend.handle('adapters.scores', { id: adapterId });
  expect(scores).toHaveLength(2);
  expect(scores).toMatchObject([
    {
      datasetId,
      source: 'evaluation',
      examples: 20,
      accuracy: ofRun[0]?.accuracy,
    },
    { datasetId, source: 'evaluation', examples: 10 },
  ]);
});

it('scores of merges belong to what was merged and to what came of it', async () => {
  const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: datasetId, seed: 2 } });
  await backend.idle();
  const second = (await backend.handle('runs.get', { id: run.id })).adapterId ?? '';
  await backend.handle('merge.start', {
    adapters: [adapterId, second].map((id) => ({ adapterId: id, weight: 0.5 })),
    method: 'linear',
    eval_samples: 5,
  });
  await backend.idle();
  const merged = (await backend.handle('adapters.list', {})).find(({ origin }) => origin.kind === 'merge');
  for (const id of [second, merged?.id ?? ''])
    expect(await backend.handle('adapters.scores', { id })).toContainEqual(
      expect.objectContaining({ datasetId, source: 'merge', examples: 5, accuracy: expect.any(Number) }),
    );
});

it('a merge is also scored on further datasets, which must fit its base', async () => {
  const other = await backend.handle('datasets.add', { path: tinyIdx(4, 1, 10), name: 'further' });
  const request = { adapters: [{ adapterId, weight: 1 }], method: 'linear', eval_samples: 5 };
  const job = await backend.handle('merge.start', { ...request, datasets: [other.id, datasetId] });
  await backend.idle();
  const answer = await backend.handle('jobs.result', { id: job.id });
  const result = resultOf(answer, 'merge');
  expect(result?.matrix.rows.map((row) => row.datasetId)).toEqual([datasetId, other.id]);
  expect(result?.matrix.rows[1]?.accuracies).toHaveLength(3);
  expect(result?.matrix.rows[1]?.accuracies[1]).toEqual(expect.any(Number));
  // Training used one dataset, whatever the adapter was scored on.
  expect(await backend.handle('adapters.get', { id: result?.adapterId ?? '' })).toMatchObject({ datasetId });
  const file = join(temporaryFolder(), 'texts.csv');
  writeFileSync(file, `text,label\n${'good,yes\nbad,no\n'.repeat(10)}`);
  const texts = await backend.handle('datasets.add', { path: file, name: 'texts' });
  await expect(backend.handle('merge.start', { ...request, datasets: [texts.id] })).rejects.toThrow(/reads images/);
});

it('an adapter merged with itself is itself', async () => {
  const outcomes = await backend.handle('merge.identity', { adapterId, method: 'factor-average' });
  expect(outcomes).toMatchObject([
    { of: 'alone', exact: true },
    { of: 'twice', exact: true },
  ]);
  const untested = await backend.handle('merge.identity', { adapterId, method: 'regmean' });
  expect(untested[0]).toMatchObject({ error: null, reason: expect.stringContaining('looks at data') });
});

it('tags, a star and a name are kept', async () => {
  await backend.handle('adapters.update', { id: adapterId, name: 'Mine', tags: ['paper'], starred: true });
  const updated = await backend.handle('adapters.update', { id: adapterId, archived: true });
  expect(updated).toMatchObject({ name: 'Mine', tags: ['paper'], starred: true, archived: true });
});
