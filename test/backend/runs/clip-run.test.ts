import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { temporaryFolder } from '../../engine/data/make-data.ts';
import { goldenPath } from '../../engine/golden.ts';
import { closeBackends, openBackend, realEngine } from '../support.ts';

afterEach(closeBackends);
const folder = temporaryFolder();

it('a CLIP is scored alone, trained from there on the towers that are asked for, and fits data of any labels', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const model = await backend.handle('models.add', { path: goldenPath('clip-zero-shot', 'base') });
  const dataset = await backend.handle('datasets.add', { path: goldenPath('clip-zero-shot', 'images') });
  const evaluated = async (settings: Record<string, unknown>) => {
    const job = await backend.handle('evaluate.start', {
      model: model.id,
      dataset: dataset.id,
      adapters: [],
      settings,
    });
    await backend.idle();
    return resultOf(await backend.handle('jobs.result', { id: job.id }), 'evaluate');
  };
  const alone = await evaluated({});
  expect(alone).toMatchObject({ examples: 4, labels: dataset.description.labels });
  expect(await evaluated({ class_templates: 'imagenet' })).not.toMatchObject({ loss: alone?.loss });

  const config = {
    model: model.id,
    dataset: dataset.id,
    adapter: { r: 2, target_modules: ['q_proj', 'v_proj'], exclude_modules: String.raw`text_model\..*` },
    coto: {},
    max_steps: 3,
    compute_dtype: 'float32' as const,
  };
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  const ended = await backend.handle('runs.get', { id: run.id });
  expect(ended.error).toBeNull();
  expect(ended.result?.start).toMatchObject({ zeroShot: true, accuracy: alone?.accuracy });
  expect(ended.result?.start?.loss).toBeCloseTo(alone?.loss ?? Number.NaN, 4);
  expect(ended.facts?.groups).toHaveLength(2);
  const adapter = await backend.handle('adapters.get', { id: ended.adapterId ?? '' });
  expect(adapter).toMatchObject({ modulesToSave: [], layers: [2, 3] });
  const fits = await backend.handle('evaluate.datasets', { model: model.id, adapterId: adapter.id });
  expect(fits.find(({ datasetId }) => datasetId === dataset.id)?.problem).toBeNull();
  const start = (changes: object) => backend.handle('runs.create', { config: { ...config, ...changes } });
  await expect(start({ class_templates: 'a photo' })).rejects.toThrow(/has no \{label\}/);

  const wordless = join(folder, 'wordless');
  cpSync(goldenPath('clip-zero-shot', 'base'), wordless, { recursive: true });
  rmSync(join(wordless, 'tokenizer.json'));
  const other = await backend.handle('models.add', { path: wordless });
  await expect(start({ model: other.id })).rejects.toThrow(/tokenizer\.json/);
});
