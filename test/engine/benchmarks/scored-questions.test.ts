import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareTasks } from '../../../src-main/engine/benchmarks/prepare-task.ts';
import { scoredQuestions } from '../../../src-main/engine/benchmarks/scored-questions.ts';
import { readConfigFiles } from '../../../src-main/engine/benchmarks/task-file.ts';
import { TaskPlace } from '../../../src-main/engine/benchmarks/task-place.ts';
import { temporaryFolder } from '../data/make-data.ts';

/** lm-eval's own gsm8k but for the data. */
const gsm8k = {
  ...{ task: 'gsm8k', dataset_path: 'json', test_split: 'test', output_type: 'generate_until' },
  dataset_kwargs: { data_files: { test: 'rows.json' } },
  doc_to_text: 'Question: {{question}}\nAnswer:',
  doc_to_target: '{{answer}}',
  metric_list: [
    {
      ...{ metric: 'exact_match', ignore_case: true },
      regexes_to_ignore: [',', '\\$', '(?s).*#### ', '\\.$'],
    },
  ],
  filter_list: [
    { name: 'strict-match', filter: [{ function: 'regex', regex_pattern: '#### (\\-?[0-9\\.\\,]+)' }] },
    {
      name: 'flexible-extract',
      filter: [{ function: 'regex', group_select: -1, regex_pattern: '(-?[$0-9.,]{2,})|(-?[0-9]+)' }],
    },
  ],
};
const solved = [
  { question: 'Two and two?', answer: '2 + 2 = <<2+2=4>>4\n#### 4' },
  { question: 'A thousand dollars?', answer: 'It is one.\n#### 1,000' },
];

async function questionsOf(task: object, rows: object = solved, chosen: object = {}) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'rows.json'), JSON.stringify(rows));
  writeFileSync(join(folder, 'task.yaml'), JSON.stringify(task).replaceAll(/"(!function [^"]+)"/g, '$1 '));
  const place = new TaskPlace(folder, true);
  const prepared = await prepareTasks(place, await readConfigFiles(place), { limit: 0, shots: null });
  return scoredQuestions(prepared, { metric: null, filter: null, isChat: false, ...chosen });
}

describe('the questions of a task that a study scores', () => {
  it('have one metric and one filter, the first or those that are chosen', async () => {
    const { task, delimiter } = await questionsOf(gsm8k);
    expect(task).toMatchObject({ metrics: [{ name: 'exact_match' }], filters: [{ name: 'strict-match' }], config: {} });
    expect(delimiter).toBe(' ');
    const flexible = await questionsOf(gsm8k, solved, { filter: 'flexible-extract' });
    expect(flexible.task.filters.map(({ name }) => name)).toEqual(['flexible-extract']);
    await expect(questionsOf(gsm8k, solved, { filter: 'strict' })).rejects.toMatchObject({
      message: expect.stringContaining('the task has no filter "strict"'),
      hint: 'Choose one of strict-match, flexible-extract.',
    });
  });

  it('whose reference is the bare result are answered in the words of the pattern', async () => {
    const rows = solved.map(({ question }, at) => ({ question, answer: ['4', '1000'][at] }));
    const worded = (regex_pattern: string) => ({
      ...gsm8k,
      filter_list: [{ name: 'cot', filter: [{ function: 'regex', regex_pattern }] }],
    });
    await expect(questionsOf(worded('The answer is (\\-?[0-9\\.\\,]+).'), rows)).resolves.toBeDefined();
    await expect(questionsOf(worded('(?i)answer:\\s*(\\d+)'), rows)).resolves.toBeDefined();
  });

  it.each([
    [
      'a filter that matches another part of the answer',
      { filter_list: [{ name: 'first', filter: [{ function: 'regex', regex_pattern: '(\\d+) \\+' }] }] },
      'the filter "first" extracts no right answer from the reference of question 1 and 1 more, by exact_match.',
    ],
    [
      'a reference that the metric does not reduce to its result',
      { metric_list: [{ metric: 'exact_match' }] },
      'the filter "strict-match" extracts no right answer from the reference of question 1 and 1 more, by exact_match.',
    ],
    [
      'a perplexity',
      { output_type: 'loglikelihood_rolling', metric_list: [{ metric: 'word_perplexity' }], filter_list: undefined },
      'no answer is right or wrong by the metrics word_perplexity.',
    ],
    ['an empty reference', { doc_to_target: "{{''}}" }, 'question 1 has no right answer to compare with.'],
  ])('are refused for %s', async (_, changes, message) => {
    await expect(questionsOf({ ...gsm8k, ...changes })).rejects.toMatchObject({
      message: expect.stringContaining(message),
    });
  });

  it('of multiple choice have exactly one right choice each', async () => {
    const choices = {
      ...{ task: 'choices', dataset_path: 'json', test_split: 'test', output_type: 'multiple_choice' },
      dataset_kwargs: { data_files: { test: 'rows.json' } },
      ...{ doc_to_text: '{{question}}', doc_to_target: '{{answer}}', doc_to_choice: ['yes', 'no'] },
      metric_list: [{ metric: 'mcc' }, { metric: 'acc_norm' }, { metric: 'acc' }],
    };
    const { task } = await questionsOf(choices, [{ question: 'One?', answer: 1 }]);
    expect(task.metrics.map(({ name }) => name)).toEqual(['acc_norm']);
    await expect(questionsOf(choices, [{ question: 'One?', answer: 2 }])).rejects.toMatchObject({
      message: expect.stringContaining('question 1 has no right answer'),
    });
    await expect(questionsOf(choices, [{ question: 'One?', answer: 1 }], { metric: 'mcc' })).rejects.toMatchObject({
      message: expect.stringContaining('the task has no metric "mcc" by which an answer is right or wrong'),
      hint: 'Choose one of acc_norm, acc.',
    });
  });

  it('are refused where a function of the task scores the answers', async () => {
    const truthful = {
      ...{ task: 'truthfulqa_mc2', dataset_path: 'json', test_split: 'test', output_type: 'multiple_choice' },
      dataset_kwargs: { data_files: { test: 'rows.json' } },
      ...{ doc_to_text: 'question', doc_to_target: 0, doc_to_choice: '{{mc2_targets.choices}}' },
      process_results: '!function utils.process_results_mc2',
      metric_list: [{ metric: 'acc' }],
    };
    const row = { question: 'One?', mc2_targets: { choices: ['yes', 'no'], labels: [1, 0] } };
    await expect(questionsOf(truthful, [row])).rejects.toMatchObject({
      message: expect.stringContaining(
        "the function utils.process_results_mc2 scores the task's answers, which a study cannot use.",
      ),
    });
  });
});
