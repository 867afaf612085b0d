import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bareEncoder } from '../../engine/bare-encoder.ts';
import { littleBert, withWords } from '../../engine/tasks/text-task.ts';
import {
  bundledResources,
  closeBackends,
  type OpenBackend,
  openBackend,
  scriptedEngine,
  temporaryFolder,
} from '../support.ts';

let backend: OpenBackend;
const folder = temporaryFolder();
beforeAll(async () => {
  backend = await openBackend({ startEngine: scriptedEngine(() => new Promise(() => undefined)) });
});
afterAll(closeBackends);

function decoder(name: string): string {
  const path = join(folder, name);
  cpSync(join(bundledResources, 'models', 'small-llama'), path, { recursive: true });
  return path;
}

async function data(name: string, rows: readonly object[]): Promise<string> {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return (await backend.handle('datasets.add', { path })).id;
}

const talk = {
  messages: [
    { role: 'user', content: 'One and one?' },
    { role: 'assistant', content: 'Two.' },
  ],
};
const labelled = (index: number) => ({ text: `film ${index}`, label: index % 2 === 0 ? 'good' : 'bad' });
const settings = { max_steps: 2, train_samples_per_class: 0, adapter: { r: 2, target_modules: 'all-linear' } };
const several = (row: (index: number) => object) => Array.from({ length: 20 }, (_, index) => row(index));

/** The estimate reports errors that the engine would only notice hours later, and nothing is queued. */
async function expectRefused(model: string, dataset: string, words: RegExp): Promise<void> {
  const config = { ...settings, model, dataset };
  for (const request of ['runs.estimate', 'runs.create'] as const)
    await expect(backend.handle(request, { config })).rejects.toThrow(words);
  expect(await backend.handle('jobs.list', { active: true })).toEqual([]);
}

it('a base without a tokenizer is refused for every task on text', async () => {
  const [language, encoder] = [decoder('language'), littleBert(join(folder, 'encoder'))];
  for (const path of [language, encoder]) rmSync(join(path, 'tokenizer.json'));
  const labels = await data('labels', several(labelled));
  await expectRefused(encoder, labels, /encoder has no tokenizer\.json/);
  await expectRefused(language, labels, /language has no tokenizer\.json/);
  await expectRefused(
    language,
    await data(
      'talks',
      several(() => talk),
    ),
    /language has no tokenizer\.json/,
  );
});

it('a tokenizer that cannot be used is refused, and works once it is mended', async () => {
  const path = decoder('torn');
  const file = join(path, 'tokenizer.json');
  writeFileSync(file, '{"model":');
  const dataset = await data('more-labels', several(labelled));
  await expectRefused(path, dataset, /tokenizer\.json/);
  cpSync(join(bundledResources, 'models', 'small-llama', 'tokenizer.json'), file);
  const config = { ...settings, model: path, dataset };
  await expect(backend.handle('runs.estimate', { config })).resolves.toMatchObject({ totalSteps: 2 });
});

it('conversations need a chat template', async () => {
  const path = decoder('plain');
  writeFileSync(join(path, 'tokenizer_config.json'), '{}');
  await expectRefused(
    path,
    await data(
      'asked',
      several(() => talk),
    ),
    /has no chat_template to write them with/,
  );
});

it('a base with a sentence-transformers module that is not computed here is refused for embeddings', async () => {
  const base = withWords(await bareEncoder('bert', 'BertModel', 'bert', join(folder, 'dense')));
  const modules = ['Transformer', 'LSTM'].map((name, idx) => ({ idx, path: `${idx}_${name}`, type: name }));
  writeFileSync(join(base, 'modules.json'), JSON.stringify(modules));
  const pairs = await data(
    'pairs',
    several((index) => ({ anchor: `film ${index}`, positive: `book ${index}` })),
  );
  await expectRefused(base, pairs, /has the sentence-transformers module LSTM \(1_LSTM\)/);
});
