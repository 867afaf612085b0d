import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { stringify } from 'yaml';
import { taskFunctions } from '../../../src-main/engine/benchmarks/functions/index.ts';
import { pythonHash } from '../../../src-main/engine/benchmarks/functions/python-source.ts';
import { prepareTasks } from '../../../src-main/engine/benchmarks/prepare-task.ts';
import { scoreLikelihoods, scoreTexts } from '../../../src-main/engine/benchmarks/score-task.ts';
import { readConfigFiles } from '../../../src-main/engine/benchmarks/task-file.ts';
import { TaskPlace } from '../../../src-main/engine/benchmarks/task-place.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-functions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

interface Files {
  readonly task: Readonly<Record<string, unknown>>;
  readonly rows: Readonly<Record<string, readonly object[]>>;
  /** `!function` by key, as text of the YAML file. */
  readonly functions: string;
  readonly python?: Readonly<Record<string, string>>;
}

async function prepare({ task, rows, functions, python = {} }: Files, shots: number | null = null) {
  const own = join(folder, `${made++}`);
  mkdirSync(own);
  for (const [split, list] of Object.entries(rows)) writeFileSync(join(own, `${split}.json`), JSON.stringify(list));
  for (const [name, text] of Object.entries(python)) writeFileSync(join(own, name), text);
  const data_files = Object.fromEntries(Object.keys(rows).map((split) => [split, `${split}.json`]));
  const config = { dataset_path: 'json', dataset_kwargs: { data_files }, test_split: 'test', ...task };
  writeFileSync(join(own, 'task.yaml'), `${stringify(config)}${functions}`);
  const place = new TaskPlace(own, false);
  return prepareTasks(place, await readConfigFiles(place), { limit: 0, shots });
}

const mmluRow = { question: 'Which?', options: [' one ', 'two'], answer: 'B', category: 'law', cot_content: '' };
const mmlu: Files = {
  task: {
    task: 'mmlu_pro_law',
    fewshot_split: 'validation',
    output_type: 'generate_until',
    doc_to_target: 'answer',
    num_fewshot: 1,
  },
  rows: {
    test: [mmluRow, { ...mmluRow, category: 'math' }],
    validation: [
      { ...mmluRow, category: 'math', question: 'Other?' },
      { ...mmluRow, question: 'Before?', cot_content: "A: Let's think step by step. The answer is (A)." },
    ],
  },
  functions: [
    'doc_to_text: !function utils.doc_to_text',
    'process_docs: !function utils.process_law',
    'fewshot_config:',
    '  sampler: first_n',
    '  doc_to_text: !function utils.fewshot_to_text',
    '  doc_to_target: !function utils.fewshot_to_target',
  ].join('\n'),
};

describe("lm-eval's functions by name", () => {
  it('choose the rows of a subject and write questions and examples, as MMLU-Pro does', async () => {
    const [task] = await prepare(mmlu);
    const question = (text: string) =>
      `Question:\n${text}\nOptions:\nA. one\nB. two\nAnswer: Let's think step by step.`;
    expect(task?.questions).toEqual([
      {
        context: `${question('Before?')} The answer is (A).\n\n${question('Which?')}`,
        continuations: [],
        choices: [],
        right: ['B'],
      },
    ]);
  });

  it('detokenize WikiText and count the words and bytes of the page as it is', async () => {
    const page = ' = Robert = \n He said " yes " , at 1 @,@ 000 m . \n';
    const [task] = await prepare({
      task: { task: 'wikitext', output_type: 'loglikelihood_rolling', doc_to_text: '' },
      rows: { test: [{ page }] },
      functions: [
        'doc_to_target: !function preprocess_wikitext.wikitext_detokenizer',
        'process_results: !function preprocess_wikitext.process_results',
      ].join('\n'),
    });
    expect(task?.questions[0]).toMatchObject({
      continuations: ['= Robert =\nHe said "yes", at 1,000 m.\n'.replace(/^/, ' ')],
      counted: page,
    });
    if (task === undefined) return;
    const scores = scoreLikelihoods(task, [[{ sum: -16, isGreedy: false }]]);
    // 16 words of the page, the empty ones at both ends included; its 52 bytes.
    const words = page.split(/\s+/).length;
    expect(scores.map(({ metric, value }) => [metric, value])).toEqual([
      ['word_perplexity', Math.exp(16 / words)],
      ['byte_perplexity', Math.exp(16 / page.length)],
      ['bits_per_byte', 16 / page.length / Math.LN2],
    ]);
  });

  const cases: [string, Record<string, unknown>, string, Record<string, unknown>, object][] = [
    [
      'HellaSwag',
      {
        task: 'hellaswag',
        output_type: 'multiple_choice',
        doc_to_text: '{{query}}',
        doc_to_target: '{{label}}',
        doc_to_choice: 'choices',
      },
      'process_docs: !function utils.process_docs',
      {
        ctx_a: 'A man [header] sits.',
        ctx_b: 'then he',
        activity_label: 'Roof [title] work',
        endings: ['runs [step] away.', ' eats  it. '],
        label: '1',
      },
      { context: 'Roof. work: A man sits. Then he', choices: ['runs away.', 'eats it.'], right: [1] },
    ],
    [
      'COPA',
      { task: 'copa', output_type: 'multiple_choice' },
      'doc_to_text: !function utils.doc_to_text\ndoc_to_target: !function utils.doc_to_target\ndoc_to_choice: !function utils.doc_to_choice',
      { premise: 'The man fell. ', question: 'cause', choice1: 'It rained.', choice2: 'He slept.', label: 1 },
      { context: 'The man fell because', choices: [' it rained.', ' he slept.'], right: [1] },
    ],
    [
      'MathQA',
      {
        task: 'mathqa',
        output_type: 'multiple_choice',
        doc_to_text: 'Problem',
        doc_to_target: "{{['a', 'b', 'c', 'd', 'e'].index(correct)}}",
      },
      'doc_to_choice: !function utils.doc_to_choice',
      { Problem: '1+1?', correct: 'b', options: 'a ) 1 , b ) 2 , c ) 3 , d ) 4 , e ) none , so' },
      { choices: ['1', '2', '3', '4', 'none , so'], right: [1] },
    ],
    [
      'LogiQA',
      { task: 'logiqa', output_type: 'multiple_choice', doc_to_choice: '{{options}}' },
      'doc_to_text: !function utils_logiqa.doc_to_text\ndoc_to_target: !function utils_logiqa.doc_to_target',
      { context: 'All.', question: 'So?', options: ['p', 'q'], label: 'b\n' },
      { context: 'Passage: All.\nQuestion: So?\nChoices:\nA. p\nB. q\nAnswer:', right: [1] },
    ],
  ];
  test.each(cases)('%s', async (_, task, functions, row, expected) => {
    const [prepared] = await prepare({ task, functions, rows: { test: [row] } });
    expect(prepared?.questions[0]).toMatchObject(expected);
  });
});

/** Values of a task's metrics by their names. */
function byMetric(scores: readonly { readonly metric: string; readonly value: number | null }[]) {
  return Object.fromEntries(scores.map(({ metric, value }) => [metric, value]));
}

describe("lm-eval's functions that score answers", () => {
  it('sum the probabilities of the true answers of TruthfulQA', async () => {
    const [task] = await prepare({
      task: {
        ...{ task: 'truthfulqa_mc2', output_type: 'multiple_choice', doc_to_text: 'question', doc_to_target: 0 },
        doc_to_choice: '{{mc2_targets.choices}}',
        metric_list: [{ metric: 'acc', aggregation: 'mean', higher_is_better: true }],
      },
      rows: { test: [{ question: 'Q', mc2_targets: { choices: ["it's", 'no', 'yes'], labels: [1, 0, 1] } }] },
      functions: 'process_results: !function utils.process_results_mc2',
    });
    expect(task?.questions[0]?.choices).toEqual(["it's", 'no', 'yes']);
    if (task === undefined) return;
    const answers = [0.5, 0.2, 0.1].map((probability) => ({ sum: Math.log(probability), isGreedy: false }));
    // (0.5 + 0.1) of 0.8 in all.
    expect(byMetric(scoreLikelihoods(task, [answers]))['acc']).toBeCloseTo(0.75, 12);
  });

  it('compare a generated text with true and false answers by BLEU and ROUGE, as TruthfulQA does', async () => {
    const [task] = await prepare({
      task: { task: 'truthfulqa_gen', output_type: 'generate_until', doc_to_text: 'question', doc_to_target: ' ' },
      rows: { test: [{ question: 'Q', correct_answers: ['the old sea is blue'], incorrect_answers: ['no'] }] },
      functions: 'process_docs: !function utils.process_docs_gen\nprocess_results: !function utils.process_results_gen',
    });
    if (task === undefined) throw new Error('no task');
    const scores = byMetric(scoreTexts(task, ['the old sea is green.']));
    // 4 of 5 words and the full stop; "the old sea is" has 3 of 4 pairs.
    for (const [name, value] of Object.entries({ rouge1_max: 80, rouge2_max: 75, rougeL_max: 80, rouge1_acc: 1 }))
      expect(scores[name], name).toBeCloseTo(value, 10);
    // 5 of 6 tokens, 3 of 5 pairs, 2 of 4 triples, 1 of 3 quadruples.
    expect(scores['bleu_max']).toBeCloseTo(100 * ((5 / 6) * (3 / 5) * (2 / 4) * (1 / 3)) ** 0.25, 10);
  });

  it('compare numbers and spans of DROP, and answers of people of CoQA with each other', async () => {
    const date = { day: '', month: '', year: '' };
    const [drop] = await prepare({
      task: { task: 'drop', output_type: 'generate_until', doc_to_text: '{{passage}} {{question}}', doc_to_target: '' },
      rows: {
        test: [
          {
            ...{ query_id: '1', passage: 'P', question: 'Q' },
            answer: { number: '12', date, spans: [] },
            validated_answers: { number: [''], date: [date], spans: [['the big cat', 'dog']] },
          },
        ],
      },
      functions: 'process_docs: !function utils.process_docs\nprocess_results: !function utils.process_results',
    });
    if (drop === undefined) throw new Error('no task');
    expect(drop.questions[0]?.context).toBe('P Q');
    expect(byMetric(scoreTexts(drop, [' 12.0']))).toEqual({ em: 1, f1: 1 });
    // One of two spans, of which 1 of 2 words is there: 2/3 of a half.
    expect(byMetric(scoreTexts(drop, ['cat']))).toEqual({ em: 0, f1: 0.33 });
    const [coqa] = await prepare({
      task: { task: 'coqa', output_type: 'generate_until' },
      rows: {
        test: [
          {
            story: 'S',
            questions: { input_text: ['Who?', 'Where?'] },
            answers: { input_text: ['He', 'the town'] },
            additional_answers: { 0: { input_text: ['Him', 'A city'] } },
          },
        ],
      },
      functions: [
        'doc_to_text: !function utils.doc_to_text',
        'doc_to_target: !function utils.doc_to_target',
        'process_results: !function utils.process_results',
      ].join('\n'),
    });
    if (coqa === undefined) throw new Error('no task');
    expect(coqa.questions[0]?.context).toBe('S\n\nQ: Who?\n\nA: He\n\nQ: Where?\n\nA:');
    // Right for one of two people.
    expect(byMetric(scoreTexts(coqa, ['Town\nmore']))).toEqual({ em: 0.5, f1: 0.5 });
  });

  it('have metrics and an aggregation of their own', async () => {
    const task = { task: 'cb', output_type: 'multiple_choice', doc_to_text: 'premise', doc_to_target: 'label' };
    const rows = [0, 1, 2].map((label) => ({ premise: 'P', label }));
    const files = {
      task: { ...task, doc_to_choice: ['a', 'b', 'c'] },
      rows: { test: rows },
      functions: 'metric_list:\n  - metric: f1\n    aggregation: !function aggregate.cb_multi_fi\n',
    };
    const [prepared] = await prepare(files);
    if (prepared === undefined) throw new Error('no task');
    // The first choice for the first two, the last for the third: F1 of 2/3, 0 and 1.
    const answers = [0, 0, 2].map((right) =>
      [0, 1, 2].map((index) => ({ sum: index === right ? -1 : -2, isGreedy: false })),
    );
    expect(byMetric(scoreLikelihoods(prepared, answers))['f1']).toBeCloseTo((2 / 3 + 0 + 1) / 3, 12);
    await expect(prepare({ ...files, functions: files.functions.replace('f1', 'acc') })).rejects.toThrow(
      /the aggregation of acc cannot be !function aggregate\.cb_multi_fi/,
    );
    const unknown = { ...files, functions: 'process_results: !function utils.process_results_mc2' };
    await expect(
      prepare({ ...unknown, task: { ...files.task, metric_list: [{ metric: 'acc_norm' }] } }),
    ).rejects.toThrow(/the metric acc_norm is not there for multiple_choice: acc\./);
  });
});

test('inputs that differ by choice have a context for each, and the right index', async () => {
  const [task] = await prepare(
    {
      task: { task: 'winogrande', output_type: 'multiple_choice', fewshot_split: 'train', target_delimiter: ' ' },
      rows: {
        train: [{ sentence: 'A _ is big.', option1: 'cow', option2: 'fly', answer: '1' }],
        test: [{ sentence: 'The _ is old .', option1: 'sea', option2: 'ant', answer: '2' }],
      },
      functions: ['text', 'target', 'choice']
        .map((key) => `doc_to_${key}: !function preprocess_winogrande.doc_to_${key}`)
        .join('\n'),
    },
    1,
  );
  expect(task?.questions).toEqual([
    {
      context: '',
      contexts: ['A cow is big.\n\nThe sea', 'A cow is big.\n\nThe ant'],
      choices: ['The sea', 'The ant'],
      continuations: [' is old .', ' is old .'],
      right: [1],
    },
  ]);
});

test('GPQA draws the order of the answers from the seed of lm-eval’s file', async () => {
  const row = { Question: 'Q', 'Correct Answer': 'right [title]', 'Incorrect Answer 1': null };
  const wrong = { 'Incorrect Answer 2': 'two', 'Incorrect Answer 3': ' three' };
  const [task] = await prepare({
    task: {
      ...{ task: 'gpqa_main_n_shot', output_type: 'multiple_choice', doc_to_target: 'answer' },
      doc_to_text: '{{choice1}}|{{choice2}}|{{choice3}}|{{choice4}}',
      doc_to_choice: ['(A)', '(B)', '(C)', '(D)'],
    },
    rows: { test: [{ ...row, ...wrong }] },
    functions: 'process_docs: !function utils.process_docs',
  });
  // Python: r = random.Random(42); r.shuffle([" ", "two", "three", "right. "])
  expect(task?.questions[0]).toMatchObject({ context: 'three|two|right. | ', right: [2] });
});

test('GPQA’s filter finds the letter of a choice, or the choice itself, in a generated text', async () => {
  const settings = { group_select: -1, ignore_case: true, ignore_punctuation: true, regex_pattern: '(\\([A-Z]\\))' };
  const [task] = await prepare({
    task: {
      ...{ task: 'gpqa_main_cot_zeroshot', output_type: 'generate_until', doc_to_text: '{{Question}}' },
      ...{ doc_to_target: 'answer', metric_list: [{ metric: 'exact_match' }] },
      filter_list: [
        {
          name: 'flexible-extract',
          filter: [{ function: 'multi_choice_regex', ...settings }, { function: 'take_first' }],
        },
      ],
    },
    rows: {
      test: [0, 1, 2, 3].map((index) => ({
        ...{ Question: `Q${index}`, 'Correct Answer': 'The sun', 'Incorrect Answer 1': 'The sun-dial' },
        ...{ 'Incorrect Answer 2': 'Rain', 'Incorrect Answer 3': 'Snow' },
      })),
    },
    functions: 'process_docs: !function utils.process_docs',
  });
  if (task === undefined) throw new Error('no task');
  const letters = task.questions.map(({ right }) => String(right[0]));
  const [first = '', , third = ''] = letters;
  const texts = [`So (C), no: ${first}`, 'It is THE SUN.', `The answer: ${third[1]}`, 'None'];
  // A text by each of the three ways, and one without an answer.
  expect(byMetric(scoreTexts(task, texts))['exact_match']).toBe(0.75);
});

describe('functions that are not run', () => {
  it('are rejected with the list of known ones', async () => {
    const functions = 'doc_to_text: !function utils.mine';
    const known = taskFunctions.flatMap((one) => Object.keys(one.functions));
    await expect(prepare({ ...mmlu, functions })).rejects.toMatchObject({
      message: expect.stringMatching(/task\.yaml: !function utils\.mine is a function in Python, which is not run/),
      hint: expect.stringContaining(known.at(0) ?? '-'),
    });
  });

  it('are rejected where the Python file beside the task differs from lm-eval’s', async () => {
    const python = { 'utils.py': 'choices = []\n\n\ndef doc_to_text(doc):\n    return "mine"\n' };
    await expect(prepare({ ...mmlu, python })).rejects.toThrow(
      /differs from lm-eval's own, and .*utils\.py is not run/,
    );
  });

  it('are rejected where neither a Python file nor the name of the task tells which is meant', async () => {
    await expect(prepare({ ...mmlu, task: { ...mmlu.task, task: 'mine' } })).rejects.toThrow(
      /!function utils\.doc_to_text is a function of several tasks, and the name mine is none of theirs/,
    );
  });

  it('are rejected under a key that they do not fit', async () => {
    const functions = `${mmlu.functions.replace('utils.process_law', 'preprocess_wikitext.process_results')}`;
    await expect(prepare({ ...mmlu, functions })).rejects.toThrow(/process_docs cannot be !function/);
  });

  it('are rejected with a file of LightEval or Inspect, by the file’s name', async () => {
    const own = join(folder, 'lighteval');
    mkdirSync(own);
    writeFileSync(join(own, 'my_task.py'), 'TASKS_TABLE = []\n');
    for (const place of [own, join(own, 'my_task.py')])
      await expect(readConfigFiles(new TaskPlace(place, false))).rejects.toThrow(
        /my_task\.py is a program in Python, as tasks of LightEval and Inspect are: it is not run\. *$/,
      );
  });
});

test('the hash of a Python function leaves out comments and blank lines, and covers what it uses', () => {
  const source =
    'import re\n\nA = [\n    1,\n]\n\n\ndef one(x):\n    # comment\n    return A\n\n\ndef two(x):\n    return 2\n';
  const other = source.replace('    # comment\n', '').replaceAll('\n\n', '\n');
  expect(pythonHash(source, ['A', 'one'])).toBe(pythonHash(other, ['A', 'one']));
  expect(pythonHash(source.replace('1,', '2,'), ['A', 'one'])).not.toBe(pythonHash(source, ['A', 'one']));
  expect(pythonHash(source, ['three'])).toBeNull();
});
