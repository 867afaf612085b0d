import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { cotoOn, temporaryFolder } from '../cli/run-command.ts';
import { lmEvalPython, runPeer } from './python.ts';

const python = lmEvalPython();
const folder = temporaryFolder();
const coto = cotoOn(join(folder, 'home'));
const model = join(import.meta.dirname, '../../assets/models/small-llama');
const scores = z.record(z.string(), z.union([z.number(), z.string()]));
const columnSchema = z.object({ results: z.record(z.string(), scores) });

/** lm-eval's own task files. */
function ownTasks(): string {
  const library = join(dirname(dirname(python ?? '')), 'lib');
  const [version = ''] = readdirSync(library);
  return join(library, version, 'site-packages/lm_eval/tasks');
}

const things = ['sea', 'town', 'king', 'war', 'river', 'church'];
const short = { generation_kwargs: { until: ['\n'], max_gen_toks: 8 } };

interface Task {
  readonly file: string;
  readonly split: string;
  readonly row: (thing: string, index: number) => object;
  readonly changes?: object;
}

/** lm-eval's file of each task, with rows of its columns. */
const tasks: Readonly<Record<string, Task>> = {
  truthfulqa_mc1: {
    file: 'truthfulqa/truthfulqa_mc1.yaml',
    split: 'validation',
    row: (thing) => ({ question: `Is the ${thing} old?`, mc1_targets: { choices: ["It's old.", 'No, "new".', 'So'] } }),
  },
  truthfulqa_mc2: {
    file: 'truthfulqa/truthfulqa_mc2.yaml',
    split: 'validation',
    row: (thing) => ({
      question: `Is the ${thing} old?`,
      mc2_targets: { choices: ['The old one.', 'A new one.', 'It is.', 'No'], labels: [1, 0, 1, 0] },
    }),
  },
  truthfulqa_gen: {
    file: 'truthfulqa/truthfulqa_gen.yaml',
    split: 'validation',
    changes: { generation_kwargs: { until: ['\n\n'], max_gen_toks: 24 } },
    row: (thing) => ({
      question: `What is the ${thing}?`,
      correct_answers: [`The ${thing} of the state is a part of the world`, 'the first of the same'],
      incorrect_answers: ['It was the first time in the city.', 'and the other of the'],
    }),
  },
  winogrande: {
    file: 'winogrande/default.yaml',
    split: 'train',
    changes: { num_fewshot: 2 },
    row: (thing, index) => ({
      sentence: `The ${thing} was as old as the house because the _ was built by the people .`,
      ...{ option1: thing, option2: 'house', answer: `${1 + (index % 2)}` },
    }),
  },
  wsc273: {
    file: 'wsc273/default.yaml',
    split: 'test',
    row: (thing, index) => ({
      text: `The ${thing} met the man because  they were old and great.`,
      ...{ pronoun: 'they', pronoun_loc: 25 + thing.length, label: index % 2 },
      options: [`The ${thing}`, 'The man'],
    }),
  },
  race: {
    file: 'race/race.yaml',
    split: 'test',
    row: (thing, index) => ({
      article: `The ${thing} of the state is old. It was made in the first year.`,
      problems: `[{'question': 'It is  _  .', 'answer': 'A', 'options': ['old', 'new', "it's", 'so']}, {'question': 'What is old?', 'answer': '${'ABCD'[index % 4]}', 'options': ['the ${thing}', 'a king', 'one', 'people']}]`,
    }),
  },
  wsc: {
    file: 'super_glue/wsc/default.yaml',
    split: 'validation',
    row: (thing, index) => ({
      text: `The ${thing} is old , and it was made in the first year .`,
      ...{ span1_text: `The ${thing}`, span2_text: 'it', span2_index: 6, label: index % 2 },
    }),
  },
  cb: {
    file: 'super_glue/cb/default.yaml',
    split: 'validation',
    row: (thing, index) => ({ premise: `The ${thing} is old.`, hypothesis: `the ${thing} is new`, label: index % 3 }),
  },
  record: {
    file: 'super_glue/record/default.yaml',
    split: 'validation',
    row: (thing) => ({
      passage: `The ${thing} of the state.\n@highlight\nIt is old`,
      query: `The people of the @placeholder are old`,
      entities: ['State', `The ${thing}`, 'New York', 'State'],
      answers: [`the ${thing}`, 'York'],
    }),
  },
  drop: {
    file: 'drop/default.yaml',
    split: 'validation',
    changes: short,
    row: (thing) => ({
      ...{
        query_id: thing,
        passage: `The ${thing} was made in 1920 by the people of the state.`,
        question: 'By whom?',
      },
      answer: { number: '', date: { day: '', month: '', year: '' }, spans: ['the state', 'people'] },
      validated_answers: {
        number: ['', '1920'],
        date: Array(2).fill({ day: '', month: '', year: '1920' }),
        spans: [[], []],
      },
    }),
  },
  coqa: {
    file: 'coqa/default.yaml',
    split: 'validation',
    changes: short,
    row: (thing) => ({
      story: `The ${thing} of the state is old.`,
      questions: { input_text: ['What is old?', 'Of what?'] },
      answers: { input_text: [`the ${thing}`, 'The first of the state'] },
      additional_answers: { 0: { input_text: ['it', 'the same'] }, 1: { input_text: ['that', 'the state of the'] } },
    }),
  },
  hendrycks_math_algebra: {
    file: 'hendrycks_math/hendrycks_math_algebra.yaml',
    split: 'test',
    changes: short,
    row: (thing, index) => ({ problem: `The ${thing} is ${index}. What is it?`, solution: `So $\\boxed{${index}}$.` }),
  },
  webqs: {
    file: 'webqs/webqs.yaml',
    split: 'test',
    row: (thing) => ({ question: `what is the ${thing}`, answers: ['the sea', 'the', `a ${thing}`] }),
  },
  crows_pairs_english_age: {
    file: 'crows_pairs/crows_pairs_english_age.yaml',
    split: 'test',
    row: (thing, index) => ({
      ...{ sent_more: `The ${thing} is old and great.`, sent_less: `The ${thing} is new and great.` },
      bias_type: index === 0 ? 'gender' : 'age',
    }),
  },
  arithmetic_1dc: {
    file: 'arithmetic/arithmetic_1dc.yaml',
    split: 'validation',
    row: (thing, index) => ({ context: `Q: Is the ${thing} ${index}?\n\nA: `, completion: ' the' }),
  },
  toxigen: {
    file: 'toxigen/toxigen.yaml',
    split: 'test',
    row: (thing, index) => ({ text: `The ${thing} is old.`, toxicity_ai: 1 + index, toxicity_human: 1.5 }),
  },
  mnli: {
    file: 'glue/mnli/default.yaml',
    split: 'validation_matched',
    row: (thing, index) => ({ premise: `The ${thing} is old.`, hypothesis: ` It is ${thing} `, label: index % 3 }),
  },
  ethics_utilitarianism: {
    file: 'hendrycks_ethics/utilitarianism.yaml',
    split: 'test',
    row: (thing) => ({ activity: `I saw the ${thing}.`, baseline: `I did not see the ${thing}.` }),
  },
  logiqa2: {
    file: 'logiqa2/logiqa2.yaml',
    split: 'test',
    row: (thing, index) => ({
      ...{ text: `The ${thing} is old.`, question: 'So?', answer: index % 4 },
      options: ['It is old.', 'It is new.', 'It is great.', 'None'],
    }),
  },
};

it.skipIf(python === null)("lm-eval's own task files score as in lm-eval on local rows", async () => {
  const place = join(folder, 'tasks');
  mkdirSync(place);
  for (const [name, { file, split, row, changes }] of Object.entries(tasks)) {
    const data = join(place, `${name}.jsonl`);
    writeFileSync(data, things.map((thing, index) => `${JSON.stringify(row(thing, index))}\n`).join(''));
    const data_files = { train: data, validation: data, test: data, [split]: data };
    const local = { dataset_path: 'json', dataset_name: null, dataset_kwargs: { data_files } };
    const config = { include: join(ownTasks(), file), task: name, ...local, ...changes };
    writeFileSync(join(place, `${name}.yaml`), stringify(config));
  }
  const asked = { model, adapters: [null], tasks: Object.keys(tasks), folder: place };
  const [theirs] = z.array(columnSchema).parse(runPeer('lm_eval_results.py', asked, [], python ?? ''));
  const { out, err } = await coto(['eval', '--tasks', place, '--model', 'small-llama', '--json']);
  const ours = z.record(z.string(), columnSchema).parse(JSON.parse(out || `"${err}"`))['small-llama'];
  const values: number[] = [];
  for (const name of Object.keys(tasks))
    for (const [metric, value] of Object.entries(theirs?.results[name] ?? {})) {
      if (typeof value !== 'number' || metric === 'sample_len') continue;
      const found = Number(ours?.results[name]?.[metric]);
      // Sums of float32 in another order.
      expect(Math.abs(found - value), `${name} ${metric}: ${found} and ${value}`).toBeLessThan(
        1e-4 * Math.max(1, Math.abs(value)),
      );
      values.push(value);
    }
  expect(new Set(values.map((value) => value.toFixed(3))).size).toBeGreaterThan(12);
});
