import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tasks } from '../../src-shared/tasks/index.ts';
import { writeBenchmarkTasks } from '../benchmark-tasks.ts';
import { bareEncoder } from '../engine/bare-encoder.ts';
import { goldenPath } from '../engine/golden.ts';
import { littleBert, withWords } from '../engine/tasks/text-task.ts';
import { projectRoot } from './environment.ts';
import { answerOpenDialog, dropFile, goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-texts-'));
const home = homeFolder(folder);
let studio: Studio;

beforeAll(async () => {
  const coto = (...words: string[]) =>
    execFileSync(process.execPath, [join(projectRoot, 'dist/cli/coto.mjs'), ...words, '--home', home]);
  coto('models', 'add', littleBert(join(folder, 'little-bert')), '--name', 'little-bert');
  const bare = withWords(await bareEncoder('bert', 'BertModel', 'bert', join(folder, 'bare-bert')));
  coto('models', 'add', bare, '--name', 'bare-bert');
  const rows = (value: (isGood: boolean) => string) =>
    Array.from(
      { length: 40 },
      (_, row) => `the ${row % 3 === 0 ? 'film' : 'book'} was ${row % 2 ? 'bad' : 'good'},${value(row % 2 === 0)}`,
    );
  for (const [name, lines] of [
    ['reviews', rows((isGood) => (isGood ? 'positive' : 'negative'))],
    ['stars', rows((isGood) => (isGood ? '4.5' : '1.5'))],
  ] as const) {
    writeFileSync(join(folder, `${name}.csv`), `text,label\n${lines.join('\n')}\n`);
    coto('datasets', 'add', join(folder, `${name}.csv`), '--name', name);
  }
  studio = await openStudio(home);
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Wish {
  readonly name: string;
  readonly model: string;
  readonly dataset: string;
  /** The form's text for the task that `auto` selects; null without a choice. */
  readonly task: string | null;
  /** The form's label for the length of an example; null for images, which have none. */
  readonly length?: string | null;
}

/** Chooses a record in a step of the Train page. */
async function choose(page: Page, step: 'Base' | 'Data', name: string): Promise<void> {
  await page.getByRole('list', { name: 'Setup' }).getByRole('button').filter({ hasText: step }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill(name);
  await dialog.getByRole('listitem').getByText(name, { exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Fills the form for a short run and starts it; waits until its page has the end. */
async function train(page: Page, { name, model, dataset, task, length = 'Max length' }: Wish): Promise<void> {
  await goTo(page, 'Train');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await choose(page, 'Base', model);
  await choose(page, 'Data', dataset);
  const label = tasks.find(({ id }) => id === task)?.label;
  if (label !== undefined) await page.getByText(`auto: ${label}`).waitFor();
  await page.getByText('all-linear', { exact: true }).click();
  const values = {
    'Eval samples': 8,
    ...(length === null ? {} : { [length]: 32 }),
    'Max steps': 4,
    'Train batch size': 4,
  };
  for (const [field, value] of Object.entries(values))
    await page.getByLabel(field, { exact: true }).fill(String(value));
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByRole('heading', { name, exact: true }).waitFor();
  await page.getByText('completed').first().waitFor();
}

describe('from text to a metric in the window', () => {
  test.each([
    {
      task: 'text-classification',
      model: 'little-bert',
      dataset: 'reviews',
      metric: 'F1 (macro)',
    },
    {
      task: 'text-classification',
      model: 'little-bert',
      dataset: 'stars',
      metric: 'Test loss',
    },
    {
      task: 'multiple-choice',
      model: 'small-llama',
      dataset: 'Opinion words',
      metric: 'Matthews',
    },
    {
      task: 'causal-lm',
      model: 'small-llama',
      dataset: 'CMUdict pronunciations',
      metric: 'Perplexity',
    },
  ])('$task on $dataset with $model', async ({ task, model, dataset, metric }) => {
    const { page } = studio;
    await train(page, { name: `Run on ${dataset}`, model, dataset, task });
    await page.getByRole('figure', { name: 'Training loss' }).waitFor();
    await page.getByText(metric, { exact: true }).first().waitFor();
  });
});

/** Every second row has one content, the others another. */
const twenty = <Row>(row: (isFilm: boolean, index: number) => Row): Row[] =>
  Array.from({ length: 20 }, (_, index) => row(index % 2 === 0, index));

const files = {
  'pairs.jsonl': twenty((isFilm, index) => ({
    prompt: `What is ${isFilm ? 'film' : 'book'} ${index} like?`,
    chosen: 'It is old and very large.',
    rejected: 'No, never again, no.',
  }))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join(''),
  'tags.conll': twenty((isFilm) => {
    const [word, type] = isFilm ? ['film', 'FILM'] : ['book', 'BOOK'];
    return `the X B-${type}\n${word} X I-${type}\nwas X O\ngood X O\n`;
  }).join('\n'),
  'questions.json': JSON.stringify({
    version: '1.1',
    // Questions on one text stay in one split.
    data: twenty((isFilm, index) => {
      const word = isFilm ? 'film' : 'book';
      const context = `Number ${index} . The ${word} was good.`;
      const answers = [{ text: word, answer_start: context.indexOf(word) }];
      return { title: word, paragraphs: [{ context, qas: [{ id: String(index), question: 'good', answers }] }] };
    }),
  }),
  'anchors.jsonl': twenty((isFilm, index) => {
    const thing = `${index < 10 ? 'long' : 'short'} ${isFilm ? 'film' : 'book'}`;
    return { anchor: `the ${thing} was ${index} .`, positive: `a very ${thing} ${index}` };
  })
    .map((row) => `${JSON.stringify(row)}\n`)
    .join(''),
};

describe('from a file to a metric in the window', () => {
  test.each([
    {
      file: 'pairs.jsonl',
      kind: 'preferences',
      task: 'preference',
      model: 'small-llama',
      metric: 'Reward margin',
    },
    {
      file: 'tags.conll',
      kind: '5 tags',
      task: 'token-classification',
      model: 'bare-bert',
      metric: 'Entity F1',
    },
    {
      file: 'questions.json',
      kind: 'questions',
      task: 'qa',
      model: 'bare-bert',
      metric: 'Answer F1',
      length: 'Max sequence length',
    },
    {
      file: 'anchors.jsonl',
      kind: 'pairs',
      task: 'embedding',
      model: 'bare-bert',
      metric: 'NDCG@10',
    },
  ] as const)('$task of $file with $model', async ({ file, kind, metric, ...wish }) => {
    const { page } = studio;
    const dataset = file.replace(/\..*/, '');
    writeFileSync(join(folder, file), files[file]);
    await goTo(page, 'Data');
    await page.getByRole('option').first().waitFor();
    await dropFile(page, join(folder, file));
    await page.getByRole('heading', { name: `Import ${file}` }).waitFor();
    await page.getByRole('table', { name: 'First rows' }).waitFor();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: dataset, exact: true }).waitFor();
    await page.getByRole('option', { selected: true }).filter({ hasText: dataset }).filter({ hasText: kind }).waitFor();

    await train(page, { name: `Run on ${dataset}`, dataset, ...wish });
    await page.getByText(metric, { exact: true }).first().waitFor();
  });
});

test('images in folders are classified by a CLIP before training, after it, and alone', async () => {
  const { page } = studio;
  await answerOpenDialog(studio.app, goldenPath('clip-zero-shot', 'base'));
  await goTo(page, 'Models');
  await page.getByRole('button', { name: 'Add model folder' }).click();
  await page.getByRole('heading', { name: 'base', exact: true }).waitFor();
  await answerOpenDialog(studio.app, goldenPath('clip-zero-shot', 'images'));
  await goTo(page, 'Data');
  await page.getByRole('button', { name: 'Add data' }).first().click();
  await page.getByRole('menuitem', { name: /^Folder/ }).click();
  await page.getByRole('heading', { name: 'images', exact: true }).waitFor();

  const name = 'Run on images';
  await train(page, { name, model: 'base', dataset: 'images', task: null, length: null });
  await page.getByText('Zero-shot accuracy', { exact: true }).waitFor();
  await page.getByText('Accuracy', { exact: true }).first().waitFor();

  await goTo(page, 'Models');
  await page.getByRole('option').filter({ hasText: 'base' }).click();
  await page.getByRole('button', { name: 'More actions for base', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Evaluate…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Dataset').first().click();
  await page.getByRole('option', { name: /^images/ }).click();
  await dialog.getByRole('textbox', { name: 'Class templates' }).fill('a {label}');
  await dialog.getByRole('button', { name: 'Evaluate', exact: true }).click();
  await dialog.getByText('Test loss').waitFor();
  await dialog.getByText('Accuracy', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('tasks of lm-eval are run on a base and its adapter, side by side', async () => {
  const { page } = studio;
  const tasks = join(folder, 'tasks');
  writeBenchmarkTasks(tasks);
  await answerOpenDialog(studio.app, join(tasks, 'choice.yaml'));
  await goTo(page, 'Studies');
  await page.getByRole('button', { name: 'Benchmarks', exact: true }).click();
  await page.getByRole('button', { name: 'New benchmark' }).first().click();
  await page.getByRole('button', { name: 'Choose a file…' }).click();
  await page.getByRole('cell', { name: 'multiple choice' }).waitFor();
  await page.getByRole('checkbox', { name: 'Run on pairs' }).check();
  await page.getByLabel('Examples of each task').fill('2');
  await page.getByText('1 task on 2 models: 2 examples each.').waitFor();
  await page.getByRole('button', { name: 'Start benchmark' }).click();
  const results = page.getByRole('table', { name: 'Results' });
  await results.getByRole('columnheader', { name: 'Run on pairs' }).waitFor();
  await results.getByRole('cell', { name: 'made_choice' }).waitFor();
  await results.getByRole('cell', { name: 'acc ↑', exact: true }).waitFor();
});
