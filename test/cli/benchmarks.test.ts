import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { writeBenchmarkTasks } from '../benchmark-tasks.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';

const folder = temporaryFolder();
const coto = cotoOn(join(folder, 'home'));
const tasks = join(folder, 'tasks');
const columnSchema = z.looseObject({
  results: z.record(z.string(), z.record(z.string(), z.union([z.number(), z.string()]))),
  'n-shot': z.record(z.string(), z.number()),
  'n-samples': z.record(z.string(), z.object({ original: z.number(), effective: z.number() })),
});
writeBenchmarkTasks(tasks);
const evaluate = (...words: string[]) => coto(['eval', '--model', 'small-llama', '--tasks', ...words]);

describe('tasks of lm-eval', () => {
  test('are scored from their files, in a table and in lm-eval’s JSON', async () => {
    const out = join(folder, 'results');
    const table = await evaluate(tasks, '--samples', '4', '--out', out);
    expect(table.code, table.err).toBe(0);
    expect(table.out).toMatch(/^made_choice +3 +4 +acc +\d\.\d{4} ± \d\.\d{4}$/m);
    expect(table.out).toMatch(/^made_generation +1 +4 +exact_match \(last-word\) +\d/m);
    expect(table.out).toMatch(/^made_averages +12 +acc +\d\.\d{4} ± \d\.\d{4}$/m);
    const file = join(out, 'results_small-llama.json');
    expect(table.out).toContain(file);
    const written = columnSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(written.results['made_last_word']).toMatchObject({
      'perplexity,none': expect.any(Number),
      'perplexity_stderr,none': 'N/A',
      'acc,none': expect.any(Number),
    });
    expect(written['n-samples']).toMatchObject({ made_choice: { original: 24, effective: 4 } });
    expect(await evaluate(tasks, '--out', out)).toMatchObject({
      code: 1,
      err: expect.stringContaining('already exists'),
    });
  });

  test('take one file, and other numbers of examples', async () => {
    const { out, err } = await evaluate(join(tasks, 'choice.yaml'), '--num-fewshot', '0', '--samples', '3', '--json');
    const column = z.object({ 'small-llama': columnSchema }).parse(JSON.parse(out || `"${err}"`))['small-llama'];
    expect(column['n-shot']).toEqual({ made_choice: 0 });
  });

  test('have a file of results for each adapter, whatever its letters and signs', async () => {
    const rows = join(folder, 'rows.jsonl');
    writeFileSync(rows, '{"prompt": "The sea?", "completion": "It is old."}\n'.repeat(4));
    const settings = ['model=small-llama', `dataset=${rows}`, 'max_steps=1', 'per_device_train_batch_size=1'];
    const names = ['ночь/день', 'ночь день'];
    for (const name of names) {
      const trained = await coto(['train', '--name', name, '--set', ...settings]);
      expect(trained.code, trained.err).toBe(0);
    }
    const out = join(folder, 'by-name');
    const words = [join(tasks, 'choice.yaml'), '--samples', '1', '--out', out, '--adapter', ...names];
    const { code, err } = await evaluate(...words);
    expect(code, err).toBe(0);
    const files = ['small-llama', 'ночь_день', 'ночь_день_1'].map((name) => `results_${name}.json`);
    expect(readdirSync(out).sort()).toEqual(files.sort());
  });

  const wrong: [string, string[], RegExp][] = [
    ['what is not there', [join(folder, 'none')], /none does not exist\. Name the YAML file of a task/],
    ['a folder without tasks', [join(folder, 'home')], /has no task\. Name a YAML file/],
    ['a dataset too', [tasks, '--dataset', 'mnist'], /^coto: Give either --dataset or --tasks/],
    [
      'turns without a chat template',
      [tasks, '--fewshot-as-multiturn', 'false'],
      /^coto: --fewshot-as-multiturn is for --apply-chat-template/,
    ],
    ['what is for a dataset', [tasks, '--predictions', 'x'], /--predictions and --set are for --dataset/],
  ];
  test.each(wrong)('say what is wrong: %s', async (_, words, message) => {
    const { code, err } = await evaluate(...words);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  const unfit: [string, object, RegExp][] = [
    [
      'answers that leave a question no room',
      { output_type: 'generate_until', generation_kwargs: { until: ['.'], max_gen_toks: 512 } },
      /max_gen_toks is 512, but the model takes 512 tokens, the question included/,
    ],
    [
      'a choice without a token',
      { output_type: 'multiple_choice', doc_to_choice: ['', 'b'], target_delimiter: '' },
      /in question 1 the answer "" has 0 tokens; the model takes 1 to 512/,
    ],
    [
      'a text longer than the context',
      { output_type: 'loglikelihood', doc_to_target: "{{ ' word' * 600 }}" },
      /in question 1 the answer " word word .*" has \d+ tokens; the model takes 1 to 512/,
    ],
  ];
  test.each(unfit)('rejects tasks that the model cannot score: %s', async (name, keys, message) => {
    const place = join(folder, name.replaceAll(' ', '-'));
    mkdirSync(place);
    writeFileSync(join(place, 'rows.json'), '[{"question": "One?", "answer": 1}]');
    const data = { dataset_path: 'json', dataset_kwargs: { data_files: { test: 'rows.json' } }, test_split: 'test' };
    const asked = { task: 'unfit', ...data, doc_to_text: '{{question}}', doc_to_target: '{{answer}}', ...keys };
    // YAML is JSON too.
    writeFileSync(join(place, 'task.yaml'), JSON.stringify(asked));
    const { code, err } = await evaluate(place);
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });

  test('are found beside the file of a study that scores them', async () => {
    const rows = join(folder, 'prompts.jsonl');
    const lines = ['one', 'two', 'three', 'four'].map((word) =>
      JSON.stringify({ prompt: word, completion: ` ${word}` }),
    );
    writeFileSync(rows, `${lines.join('\n')}\n`);
    const study = join(folder, 'study.yaml');
    const run = { model: 'small-llama', dataset: rows, chat_template: 'none', max_steps: 1, seed: 1 };
    const score = { task: 'tasks/choice.yaml' };
    const value = { kind: 'pruning', dataset: rows, score, adapters: [{ adapter: { run } }] };
    // YAML is JSON too.
    writeFileSync(study, JSON.stringify(value));
    const { code, err, out } = await coto(['study', study, '--dry-run', '--json']);
    expect(code, err).toBe(0);
    const { config } = z.object({ config: z.looseObject({ score: z.unknown() }) }).parse(JSON.parse(out));
    expect(config.score).toEqual({ task: join(tasks, 'choice.yaml') });
    writeFileSync(study, JSON.stringify({ ...value, score: { task: 'tasks/none.yaml' } }));
    const wrongFile = await coto(['study', study, '--dry-run']);
    expect(wrongFile.err).toMatch(/none\.yaml does not exist\. Name the YAML file of a task/);
  });

  test('need a language model, and leave nothing where they are refused', async () => {
    const out = join(folder, 'none');
    const { code, err } = await coto([
      'eval',
      '--model',
      'quickdraw-vit',
      '--tasks',
      tasks,
      '--out',
      join(out, 'deep'),
    ]);
    expect([code, err]).toEqual([1, expect.stringContaining('quickdraw-vit does not run these tasks')]);
    expect(existsSync(out)).toBe(false);
  });
});
