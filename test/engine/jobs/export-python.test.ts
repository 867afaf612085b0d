import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ExportPythonTask } from '../../../src-main/engine/contract.ts';
import type { TaskContext } from '../../../src-main/engine/events.ts';
import { runExportPythonTask } from '../../../src-main/engine/jobs/export-python.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { chosenExamples } from '../../../src-main/engine/tasks/chosen-examples.ts';
import { openTask } from '../../../src-main/engine/tasks/open-task.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { loadTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { removeTemporaryFolders, tinyIdx } from '../../backend/support.ts';
import { goldenPath } from '../golden.ts';
import { jsonlFolder, littleBert, quietContext } from '../tasks/text-task.ts';
import { testCompute } from '../test-compute.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-export-python-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  removeTemporaryFolders();
});
const bert = littleBert(join(folder, 'bert'));
const llama = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));

const settingsSchema = z.looseObject({
  task: z.string(),
  auto_class: z.string(),
  problem_type: z.string().nullable(),
  labels: z.array(z.string()).nullable(),
});

function taskOn(name: string, model: string, [train, test]: readonly (readonly object[])[], config: object) {
  const data = jsonlFolder(join(folder, name), train ?? [], test ?? []);
  return {
    kind: 'export-python',
    compute: testCompute,
    config: runConfigSchema.parse({ model, max_steps: 3, per_device_train_batch_size: 2, ...config }),
    modelDirectory: model,
    dataset: { reader: 'jsonl', path: data, options: {} },
    templateDirectory: fileURLToPath(new URL('../../../assets/export', import.meta.url)),
    outputDirectory: join(folder, `${name}-export`),
  } satisfies ExportPythonTask;
}

async function exported(task: ExportPythonTask) {
  await runExportPythonTask(task, quietContext);
  const settings = settingsSchema.parse(JSON.parse(readFileSync(join(task.outputDirectory, 'settings.json'), 'utf8')));
  const tensors = await readSafetensors(join(task.outputDirectory, 'data.safetensors'));
  const valuesOf = (name: string) => [...(tensors.get(name)?.data ?? [])];
  return { settings, tensors, valuesOf };
}

/** The batch that the run itself would load of all its examples. */
async function ownBatch(task: ExportPythonTask) {
  const request = { modelDirectory: task.modelDirectory, model: await describeModel(task.modelDirectory) };
  const opened = await openTask(
    { ...request, source: task.dataset, settings: task.config, training: true },
    quietContext,
  );
  const { inputs, loss } = await opened.train.load(chosenExamples(task.config, opened).train);
  opened.close();
  const labels = 'labels' in loss && loss.labels;
  if (!(labels instanceof Int32Array)) throw new Error('the batch has no labels');
  return { inputs, labels };
}

/** Rows of a column, filled up to the longest. */
function padded(tensors: ReadonlyMap<string, HostTensor>, name: string, column: string, filling: number): number[] {
  const offsets = [...(tensors.get(`${name}.offsets`)?.data ?? [])];
  const values = [...(tensors.get(`${name}.${column}`)?.data ?? [])];
  const rows = offsets.slice(1).map((end, index) => values.slice(offsets[index], end));
  const width = Math.max(...rows.map((row) => row.length));
  return rows.flatMap((row) => [...row, ...new Array<number>(width - row.length).fill(filling)]);
}

describe('text models with a head', () => {
  const pair = (text: string, label: unknown) => ({ text, text_pair: 'a good book', label });
  const rows = [
    [
      pair('the film was good', 'yes'),
      pair('bad', 'no'),
      pair('the book was very long', 'yes'),
      pair('a film .', 'no'),
    ],
    [pair('not bad', 'no'), pair('very good', 'yes')],
  ];

  test('the rows and classes of the chosen examples are those that the run loads', async () => {
    const task = taskOn('classes', bert, rows, { train_samples_per_class: 1, coto: {} });
    const { settings, tensors, valuesOf } = await exported(task);
    expect(settings).toMatchObject({
      task: 'text-classification',
      auto_class: 'AutoModelForSequenceClassification',
      problem_type: 'single_label_classification',
      labels: ['no', 'yes'],
      max_steps: 3,
      pad_token_id: 0,
    });
    const { inputs, labels } = await ownBatch(task);
    expect(padded(tensors, 'train', 'input_ids', 0)).toEqual([...(inputs['input_ids']?.data ?? [])]);
    expect(padded(tensors, 'train', 'token_type_ids', 0)).toEqual([...(inputs['token_type_ids']?.data ?? [])]);
    expect(valuesOf('train.labels')).toEqual([...labels]);
    expect(valuesOf('train.labels')).toHaveLength(2);
    expect(valuesOf('test.labels').sort()).toEqual([0, 1]);
    expect(readdirSync(task.outputDirectory).sort()).toEqual(
      [
        'adapter-start',
        'data.safetensors',
        'embeddings.py',
        'examples.py',
        'plan.json',
        'preferences.py',
        'ranking.py',
        'requirements.txt',
        'rewards.py',
        'allocation.py',
        'choosing.py',
        'optimizer.py',
        'residual.py',
        'scoring.py',
        'settings.json',
        'tokenizer',
        'train.py',
        'zero_shot.py',
      ].sort(),
    );
  });

  test('a variant that PEFT cannot train is refused with the reason and the way out', async () => {
    const split = [[pair('good', 'good'), pair('bad', 'bad')], [pair('good', 'good')]];
    const task = taskOn('lora-pro', bert, split, { adapter: { variant: 'lora-pro' } });
    await expect(exported(task)).rejects.toMatchObject({
      code: 'refused',
      message: 'A run of LoRA-Pro cannot be exported to Python: Transformers and PEFT have no LoRA-Pro.',
      hint: 'Export its trained adapter instead, or train another variant.',
    });
  });

  test('several labels are a row of 0 and 1 each, values one of their own', async () => {
    const sets = [[pair('good', ['a', 'c']), pair('bad', ['b'])], [pair('good', ['c'])]];
    const several = await exported(taskOn('sets', bert, sets, {}));
    expect(several.settings.problem_type).toBe('multi_label_classification');
    expect(several.tensors.get('train.labels')?.shape).toEqual([2, 3]);
    expect(several.valuesOf('train.labels')).toEqual([1, 0, 1, 0, 1, 0]);
    const numbers = [[pair('good', 0.5), pair('bad', -100)], [pair('good', 2)]];
    const { settings, tensors, valuesOf } = await exported(taskOn('values', bert, numbers, {}));
    expect(settings).toMatchObject({ problem_type: 'regression', labels: ['LABEL_0'] });
    expect(tensors.get('train.labels')?.shape).toEqual([2, 1]);
    // −100 would not be counted.
    expect(valuesOf('train.labels')).toEqual([0.5, Math.fround(-99.99999)]);
  });
});

describe('language', () => {
  const question = (prompt: string, completion: string) => ({ prompt, completion });
  const rows = [
    [question('Name a sea.', 'The North Sea'), question('Where?', 'Here'), question('Who rose?', 'The whale')],
    [question('When?', 'Now')],
  ];

  test.each([false, true])('trains exactly the requested tokens, packed: %s', async (packing) => {
    const task = taskOn(`language-${packing}`, llama, rows, { packing, max_length: 40 });
    const { settings, tensors, valuesOf } = await exported(task);
    expect(settings).toMatchObject({
      task: 'causal-lm',
      auto_class: 'AutoModelForCausalLM',
      problem_type: null,
      labels: null,
    });
    const { inputs, labels } = await ownBatch(task);
    const ids = padded(tensors, 'train', 'input_ids', Number(settings['pad_token_id']));
    expect(ids).toEqual([...(inputs['input_ids']?.data ?? [])]);
    const learned = padded(tensors, 'train', 'learned', 0);
    // The studio's labels stand at the place before the token.
    expect(ids.slice(1).map((id, at) => ((learned[at + 1] ?? 0) > 0 ? id : -100))).toEqual([...labels].slice(0, -1));
    const tokenizer = await loadTokenizer(llama);
    const asked = valuesOf('test.input_ids').filter((_, at) => valuesOf('test.learned')[at] === 1);
    const ends = valuesOf('test.input_ids').filter((_, at) => valuesOf('test.learned')[at] === 2);
    expect([asked, ends].map((ids) => tokenizer.decode(ids))).toEqual(['Now', '<|im_end|>\n']);
  });

  test('every choice follows its prompt', async () => {
    const choices = [
      [
        { text: 'The sea is blue.', label: 'nature' },
        { text: 'The vote is over.', label: 'politics' },
      ],
      [{ text: 'The whale rose.', label: 'nature' }],
    ];
    const { settings, tensors, valuesOf } = await exported(
      taskOn('choices', llama, choices, { chat_template: 'none' }),
    );
    // The base has a template, which the adapter was trained without.
    const tokenizerFolder = join(folder, 'choices-export', 'tokenizer');
    expect(readdirSync(tokenizerFolder).sort()).toEqual(['tokenizer.json', 'tokenizer_config.json']);
    const written = readFileSync(join(tokenizerFolder, 'tokenizer_config.json'), 'utf8');
    expect(JSON.parse(written)).not.toHaveProperty('chat_template');
    expect(settings).toMatchObject({ task: 'multiple-choice', labels: null });
    const tokenizer = await loadTokenizer(llama);
    const prompt = valuesOf('test.prompts.input_ids');
    const [start = 0, middle = 0, end = 0] = valuesOf('test.choices.offsets');
    const answers = valuesOf('test.choices.input_ids');
    expect(tokenizer.decode([...prompt, ...answers.slice(start, middle)])).toBe('The whale rose.\nnature');
    expect(tokenizer.decode([...prompt, ...answers.slice(middle, end)])).toBe('The whale rose.\npolitics');
    expect(end).toBe(answers.length);
    expect(valuesOf('test.labels')).toEqual([0]);
    expect(valuesOf('test.choice_counts')).toEqual([2]);
    expect(valuesOf('test.choice_characters')).toEqual([6, 8]);
    expect(tensors.get('train.offsets')?.shape).toEqual([3]);
  });

  test('a question has as many choices as its row', async () => {
    const ask = (choices: readonly string[]) => ({
      text: `Which of ${choices.length}?`,
      choices,
      label: choices.at(-1),
    });
    const rows = [[ask(['a', 'b'])], [ask(['a', 'b', 'c']), ask(['d', 'e'])]];
    const { valuesOf } = await exported(taskOn('questions', llama, rows, {}));
    const [first, second] = valuesOf('test.choice_counts');
    expect([first, second].sort()).toEqual([2, 3]);
    expect(valuesOf('test.labels')).toEqual([Number(first) - 1, Number(second) - 1]);
    expect(valuesOf('test.prompts.offsets')).toHaveLength(3);
    expect(valuesOf('test.choices.offsets')).toHaveLength(6);
  });
});

test('embeddings have each text once, and the names of a model without a head', async () => {
  const rows = [
    [
      { anchor: 'a film', positive: 'good', negative: 'bad' },
      { anchor: 'a film', positive: 'very good', negative: 'good' },
    ],
    [{ anchor: 'a book', positive: 'long', negative: 'not long' }],
  ];
  const { settings, tensors, valuesOf } = await exported(taskOn('pairs', bert, rows, { task: 'embedding', coto: {} }));
  expect(settings).toMatchObject({
    auto_class: 'AutoModel',
    problem_type: null,
    labels: null,
    embedding_loss: 'multiple_negatives_ranking',
    pooling_mode: 'mean',
    rows: 'ranking',
  });
  expect(valuesOf('train.pairs')).toEqual([0, 1, 0, 3]);
  expect(valuesOf('train.negatives')).toEqual([2, 1]);
  expect(valuesOf('train.negative_offsets')).toEqual([0, 1, 2]);
  expect(tensors.get('train.texts.offsets')?.shape).toEqual([5]);
  expect(valuesOf('train.targets')).toEqual([]);
  const read = (file: string) => readFileSync(join(folder, 'pairs-export', file), 'utf8');
  const { groups } = z
    .object({ groups: z.array(z.object({ modules: z.array(z.string()) })) })
    .parse(JSON.parse(read('plan.json')));
  expect(groups[0]?.modules[0]).toMatch(/^encoder\./);
  const start = await readSafetensors(join(folder, 'pairs-export', 'adapter-start', 'adapter_model.safetensors'));
  expect([...start.keys()].some((key) => key.startsWith('base_model.model.bert.'))).toBe(false);
});

test('CLIP has the texts of its classes, and no new head', async () => {
  const dataset = { reader: 'image-folder', path: goldenPath('clip-zero-shot', 'images'), options: {} };
  const config = { adapter: { target_modules: ['q_proj'] }, class_templates: 'imagenet' };
  const task = { ...taskOn('clip', goldenPath('clip-zero-shot', 'base'), [], config), dataset };
  const { settings, tensors, valuesOf } = await exported(task);
  expect(settings).toMatchObject({
    auto_class: 'AutoModel',
    problem_type: 'single_label_classification',
    labels: null,
  });
  const { inputs } = await ownBatch(task);
  expect(tensors.get('class_texts')?.shape).toEqual(inputs['input_ids']?.shape);
  expect(valuesOf('class_texts')).toEqual([...(inputs['input_ids']?.data ?? [])]);
});

test('images are bytes, and a table that makes floats of them; an export can be cancelled', async () => {
  const dataset = { reader: 'idx', path: tinyIdx(1, 1), options: {} };
  const task = { ...taskOn('images', goldenPath('vit-28', 'base'), [], {}), dataset };
  const { settings, tensors, valuesOf } = await exported(task);
  expect(settings).toMatchObject({ auto_class: 'AutoModelForImageClassification', task: 'image-classification' });
  const { inputs, labels } = await ownBatch(task);
  const table = tensors.get('pixel_values')?.data ?? [];
  expect(valuesOf('train.pixel_bytes').map((byte) => table[byte])).toEqual([...(inputs['pixel_values']?.data ?? [])]);
  expect(valuesOf('train.labels')).toEqual([...labels]);
  const cancelled = { ...task, outputDirectory: join(folder, 'cancelled') };
  const context: TaskContext = { emit: () => undefined, signal: async () => 'cancel' };
  await expect(runExportPythonTask(cancelled, context)).rejects.toThrow('The export was cancelled');
  expect(readdirSync(folder)).not.toContain('cancelled');
});

test('a dataset that does not go with the base is refused', async () => {
  const rows = [
    [
      { text: 'good', label: 'a' },
      { text: 'bad', label: 'b' },
    ],
    [{ text: 'good', label: 'a' }],
  ];
  const images = taskOn('texts', goldenPath('vit-28', 'base'), rows, {});
  await expect(runExportPythonTask(images, quietContext)).rejects.toThrow('the dataset contains texts');
  expect(readdirSync(folder)).not.toContain('own-export');
});
