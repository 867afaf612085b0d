import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx, tinyResources } from '../support.ts';

afterEach(closeBackends);

test("a study's text is read with names of the home's records, and adds nothing", async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  const dataset = await backend.handle('datasets.add', { path: tinyIdx(), name: 'digits' });
  const jobs = () => backend.handle('jobs.list', { active: false });
  const before = await jobs();
  const known = await backend.handle('datasets.list', {});
  const path = join('/somewhere', 'mine.coto-study.yaml');
  const read = (text: string) => backend.handle('studies.read', { path, text });
  const head = `kind: ablation\nname: mine\ngrid: { coto: [null, {}] }\nseeds: [1, 2, 3]\n`;
  const run = (data: string) => `run: { model: ${tinyConfig.model}, dataset: ${data}, max_steps: 3 }\n`;
  const { name, config } = await read(head + run('digits'));
  expect(name).toBe('mine');
  expect(config).toMatchObject({ kind: 'ablation', run: { dataset: dataset.id, max_steps: 3 }, seeds: [1, 2, 3] });
  // A task's file lies beside the study's, a bundled task is a word.
  const task = (word: string) => read(`${head}${run('digits')}score: { task: ${word} }\n`);
  expect((await task('tasks/mine.yaml')).config).toMatchObject({
    score: { task: join('/somewhere', 'tasks/mine.yaml') },
  });
  expect((await task('stand-in-places')).config).toMatchObject({ score: { task: 'stand-in-places' } });

  await expect(read(head + run(join('/data', 'other')))).rejects.toThrow(
    'mine.coto-study.yaml: the dataset "/data/other" is not in this home.',
  );
  await expect(read(`${head}${run('digits')}seds: [1]\n`)).rejects.toThrow(
    /mine\.coto-study\.yaml is not valid: .*seds/,
  );
  await expect(read('name: mine\n')).rejects.toThrow(/mine\.coto-study\.yaml is not valid: .*kind/);
  await expect(read('kind: [ablation\n')).rejects.toThrow('mine.coto-study.yaml is not YAML');
  expect(await backend.handle('datasets.list', {})).toEqual(known);
  expect(await jobs()).toEqual(before);
});
