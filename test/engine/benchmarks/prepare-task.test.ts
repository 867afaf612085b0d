import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { stringify } from 'yaml';
import { type PrepareOptions, prepareTasks } from '../../../src-main/engine/benchmarks/prepare-task.ts';
import { type PromptForm, plainPrompt } from '../../../src-main/engine/benchmarks/prompt-form.ts';
import { readConfigFiles } from '../../../src-main/engine/benchmarks/task-file.ts';
import { TaskPlace } from '../../../src-main/engine/benchmarks/task-place.ts';
import type { ChatRenderer } from '../../../src-main/engine/tokenization/chat-template.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-benchmarks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

const rows = [
  { question: 'One? ', choices: ['yes', 'no'], answer: 1, word: 'no' },
  { question: 'Two?', choices: ['a', 'b'], answer: 0, word: 'a' },
];
const usual = {
  task: 'made',
  dataset_path: 'json',
  dataset_kwargs: { data_files: { test: 'test.jsonl', train: 'train.json' } },
  test_split: 'test',
  output_type: 'multiple_choice',
  doc_to_text: 'question',
  doc_to_target: 'answer',
  doc_to_choice: 'choices',
};

/** A folder with a task's file, or its text, and its data. */
function write(task: object | string): string {
  const own = join(folder, `${made++}`);
  mkdirSync(own);
  writeFileSync(join(own, 'test.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  writeFileSync(
    join(own, 'train.json'),
    JSON.stringify(rows.map((row) => ({ ...row, question: `T ${row.question}` }))),
  );
  writeFileSync(join(own, 'task.yaml'), typeof task === 'string' ? task : stringify(task));
  return own;
}

async function prepareIn(path: string, isConfined: boolean, options: PrepareOptions = { limit: 0, shots: null }) {
  const place = new TaskPlace(path, isConfined);
  return prepareTasks(place, await readConfigFiles(place), options);
}

async function prepare(task: object | string, shots: number | null = null, limit = 0, isConfined = false) {
  const own = write(task);
  return prepareIn(own, isConfined, { limit, shots });
}

async function first(changes: object, shots: number | null = null) {
  const [task] = await prepare({ ...usual, ...changes }, shots);
  return task?.questions[0];
}

describe('questions', () => {
  it('multiple choice puts each choice after the delimiter', async () => {
    expect(await first({})).toEqual({
      context: 'One? ',
      continuations: [' yes', ' no'],
      choices: ['yes', 'no'],
      right: [1],
    });
  });

  it('keep a template’s last line break, loops and filters, and take the place of a right text', async () => {
    const text = '{% for choice in choices %}- {{choice|upper}}\n{% endfor %}{{question.strip()}}\n';
    expect(await first({ doc_to_text: text, doc_to_target: '{{word}}', target_delimiter: '' })).toEqual({
      context: '- YES\n- NO\nOne?\n',
      continuations: ['yes', 'no'],
      choices: ['yes', 'no'],
      right: [1],
    });
  });

  it('have choices by an expression, as a list in Python’s writing, or by name', async () => {
    expect((await first({ doc_to_choice: '{{[choices[0], "it\'s " + word]}}' }))?.choices).toEqual(['yes', "it's no"]);
    expect((await first({ doc_to_choice: '[\'a\', "b\\n"]' }))?.choices).toEqual(['a', 'b\n']);
    expect((await first({ doc_to_choice: { A: 'first', B: 'second' } }))?.choices).toEqual(['first', 'second']);
  });

  it('find the right choice in a list as Python does', async () => {
    expect(await first({ doc_to_target: '{{choices.index(word)}}' })).toMatchObject({ right: [1] });
    await expect(first({ doc_to_target: '{{choices.index("none")}}' })).rejects.toThrow(/doc_to_target/);
  });

  it('begin with the description and the examples, joined as lm-eval joins them', async () => {
    const question = await first(
      { description: 'Say.\n\n', fewshot_split: 'train', fewshot_config: { sampler: 'first_n' } },
      2,
    );
    expect(question?.context).toBe('Say.\n\nT One?  no\n\nT Two? a\n\nOne? ');
  });

  it('have what an answer begins with before it', async () => {
    const changes = { gen_prefix: 'Answer:', fewshot_split: 'train', fewshot_config: { sampler: 'first_n' } };
    expect((await first({ ...changes, doc_to_text: '{{question|trim}}' }, 1))?.context).toBe(
      'T One? Answer: no\n\nOne? Answer:',
    );
  });

  it('likelihoods and generations have the text itself', async () => {
    const target = { doc_to_target: ' {{word}}', doc_to_choice: undefined };
    expect(await first({ ...target, output_type: 'loglikelihood' })).toMatchObject({ continuations: [' no'] });
    expect(await first({ ...target, output_type: 'generate_until' })).toMatchObject({
      continuations: [],
      right: [' no'],
    });
    expect(
      await first({ doc_to_target: 'choices', doc_to_choice: undefined, output_type: 'generate_until' }),
    ).toMatchObject({
      right: ['yes', 'no'],
    });
  });

  it('are as many as asked', async () => {
    const [task] = await prepare(usual, null, 1);
    expect(task).toMatchObject({ total: 2, shots: 0, questions: [{ right: [1] }] });
  });
});

describe('prompts by a chat template', () => {
  const shown = { description: 'Say.', fewshot_split: 'train', fewshot_config: { sampler: 'first_n' } };
  /** Trims what is said, as many templates do. */
  const chat: ChatRenderer = (messages, addGenerationPrompt) =>
    messages.map(({ role, content }) => `<${role}>${String(content).trim()}</>`).join('') +
    (addGenerationPrompt ? '<assistant>' : '');
  const asked = async (changes: object, form: Partial<PromptForm>) => {
    const own = write({ ...usual, ...shown, ...changes });
    const [task] = await prepareIn(own, false, { limit: 1, shots: 1, form: { ...plainPrompt, ...form } });
    return task?.questions[0];
  };

  it('have the examples as turns, or all in one', async () => {
    expect(await asked({}, { chat, system: 'Be brief.' })).toMatchObject({
      context: '<system>Be brief.\n\nSay.</><user>T One?</><assistant>no</><user>One?</><assistant>',
      continuations: ['yes', 'no'],
    });
    expect((await asked({}, { chat, isMultiturn: false }))?.context).toBe(
      '<system>Say.</><user>T One?  no\n\nOne?</><assistant>',
    );
  });

  it('end within an answer that has begun', async () => {
    const begun = { gen_prefix: 'It is' };
    const expected = { context: '<system>Say.</><user>T One?</><assistant>It is no</><user>One?</><assistant>It is' };
    expect(await asked(begun, { chat })).toMatchObject({ ...expected, continuations: [' yes', ' no'] });
    const other = await asked({ gen_prefix: 'It is ' }, { chat });
    expect(other).toMatchObject({ context: expect.stringMatching(/It is$/), continuations: ['yes', 'no'] });
  });

  it('leave out the system where the template refuses it', async () => {
    const refusing: ChatRenderer = (messages, isOpen) => {
      if (messages.some(({ role }) => role === 'system')) throw new StudioError('refused', 'no system');
      return chat(messages, isOpen);
    };
    expect((await asked({}, { chat: refusing }))?.context).toBe(
      '<user>T One?</><assistant>no</><user>One?</><assistant>',
    );
  });

  it('have the system’s text before the description without a template', async () => {
    expect((await asked({}, { system: 'Be brief.' }))?.context).toBe('Be brief.\n\nSay.T One?  no\n\nOne? ');
  });
});

describe('files', () => {
  it('treats names that begin with _ as tasks unless others include them', async () => {
    const own = write({ include: '_base.yaml', task: 'other' });
    writeFileSync(join(own, '_base.yaml'), stringify(usual));
    writeFileSync(join(own, '_own.yaml'), stringify({ ...usual, task: 'own' }));
    writeFileSync(join(own, '_python.yaml'), 'process_docs: !function utils.docs');
    expect((await prepareIn(own, true)).map(({ name }) => name)).toEqual(['own', 'other']);
  });

  it('take from what they include what they leave out; groups and what begins with _ are no tasks', async () => {
    const own = write({ ...usual, include: 'sub/_base.yaml', dataset_path: undefined, num_fewshot: undefined });
    mkdirSync(join(own, 'sub'));
    writeFileSync(
      join(own, 'sub', '_base.yaml'),
      stringify({ dataset_path: 'json', num_fewshot: 1, fewshot_split: 'train' }),
    );
    writeFileSync(join(own, 'group.yaml'), stringify({ group: 'all', task: ['made'] }));
    const tasks = await prepareIn(own, true);
    expect(tasks).toMatchObject([{ name: 'made', shots: 1, config: { num_fewshot: 1 } }]);
  });

  const wrong: [string, object | string, RegExp][] = [
    ['data of the hub', { ...usual, dataset_path: 'allenai/ai2_arc' }, /task\.yaml: dataset_path: must be "json"/],
    ['a file of the hub', { ...usual, dataset_kwargs: { data_files: 'https://a/b.json' } }, /is not on this machine/],
    [
      'a data file that is not there',
      { ...usual, dataset_kwargs: { data_files: { test: 'no.json' } } },
      /no\.json does not exist/,
    ],
    ['a split that is not there', { ...usual, test_split: 'dev' }, /there is no split dev; data_files has test, train/],
    ['Python', 'task: made\ndoc_to_text: !function utils.text\n', /!function utils\.text is a function in Python/],
    ['another way to process', { ...usual, process_docs: 'x' }, /process_docs is not supported/],
    ['another kind', { ...usual, output_type: 'acceptability' }, /output_type/],
    [
      'an aggregation that is not for the metric',
      { ...usual, metric_list: [{ metric: 'mcc', aggregation: 'mean' }] },
      /the aggregation of mcc is matthews_corrcoef, not mean/,
    ],
    [
      'f1 of more than two choices',
      { ...usual, doc_to_choice: ['a', 'b', 'c'], metric_list: [{ metric: 'f1' }] },
      /f1 is for questions of two choices/,
    ],
    [
      'a metric that is not there',
      { ...usual, metric_list: [{ metric: 'bleu' }] },
      /metric bleu is not there for multiple_choice: acc, /,
    ],
    [
      'a filter that is not there',
      { ...usual, filter_list: [{ name: 'a', filter: [{ function: 'map' }] }] },
      /filter_list/,
    ],
    [
      'a filter whose pattern is none',
      { ...usual, filter_list: [{ name: 'a', filter: [{ function: 'regex', regex_pattern: '(' }] }] },
      /filter_list a: the pattern \( cannot be used/,
    ],
    [
      'a pattern to ignore that is none',
      { ...usual, output_type: 'generate_until', metric_list: [{ metric: 'exact_match', regexes_to_ignore: ['['] }] },
      /regexes_to_ignore: the pattern \[ cannot be used/,
    ],
    ['a column that is not there', { ...usual, doc_to_text: '{{nothing}}' }, /doc_to_text: a row has no "nothing"/],
    ['a template that is none', { ...usual, doc_to_text: '{% for %}' }, /doc_to_text cannot be rendered/],
    [
      'a template without end',
      { ...usual, doc_to_text: '{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}' },
      /doc_to_text/,
    ],
    ['what is not YAML', 'task: [', /task\.yaml is not YAML/],
    ['a file that includes itself', { ...usual, include: 'task.yaml' }, /is included by itself/],
    ['choices that are none', { ...usual, doc_to_choice: '{{word}}' }, /doc_to_choice must give a list/],
  ];
  test.each(wrong)('are refused with what is wrong: %s', async (_, task, message) => {
    await expect(prepare(task)).rejects.toThrow(message);
  });

  it('rejects files included in too many ways before reading all', async () => {
    const own = write({ ...usual, include: '_0.yaml' });
    // Each twice: the last of 16 would be read 65 536 times.
    for (let at = 0; at < 16; at++)
      writeFileSync(join(own, `_${at}.yaml`), `include: [_${at + 1}.yaml, _${at + 1}.yaml]`);
    writeFileSync(join(own, '_16.yaml'), 'description: last');
    await expect(prepareIn(own, false)).rejects.toThrow('task.yaml has more than 50 files by include');
  });

  it('may include files over many levels', async () => {
    const own = write({ ...usual, include: '_0.yaml' });
    for (let at = 0; at < 12; at++) writeFileSync(join(own, `_${at}.yaml`), `include: _${at + 1}.yaml`);
    writeFileSync(join(own, '_12.yaml'), 'num_fewshot: 1');
    const [task] = await prepareIn(own, false);
    expect(task?.shots).toBe(1);
  });

  it('files chosen in a window name nothing outside of their folder', async () => {
    const outside = { ...usual, dataset_kwargs: { data_files: { test: '../0/test.jsonl' } } };
    await expect(prepare(outside, null, 0, true)).rejects.toThrow('is not in the folder of the tasks');
    await expect(prepare({ ...usual, include: '/etc/passwd' }, null, 0, true)).rejects.toThrow('is not in the folder');
  });

  it.each(['task.yml', 'TASK.YAML'])('a single file chosen in a window names files beside it: %s', async (name) => {
    const own = write(usual);
    const file = join(own, name);
    renameSync(join(own, 'task.yaml'), file);
    const tasks = await prepareIn(file, true);
    expect(tasks).toMatchObject([{ name: 'made', total: 2 }]);
    writeFileSync(file, stringify({ ...usual, dataset_kwargs: { data_files: { test: '../0/test.jsonl' } } }));
    await expect(prepareIn(file, true)).rejects.toThrow('is not in the folder of the tasks');
  });
});
