import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

const things = [
  'sea',
  'town',
  'king',
  'war',
  'people',
  'law',
  'river',
  'church',
  'garden',
  'street',
  'school',
  'island',
];
const kinds = ['old', 'new', 'great', 'small', 'long', 'dark', 'white', 'first'];

/** Rows of questions with four choices that the bundled language model has an opinion on. */
function rows(count: number, from: number) {
  return Array.from({ length: count }, (_, index) => {
    const choices = [0, 1, 2, 3].map((place) => kinds[(index + place * 3 + from) % kinds.length] ?? '');
    const answer = (index * 7) % 4;
    const question = `The ${things[(index * 5 + from) % things.length]} of the state is `;
    return { id: index + from, question, choices, answer, letter: 'ABCD'[answer] ?? '' };
  });
}

const base = {
  dataset_path: 'json',
  training_split: 'train',
  test_split: 'test',
  metadata: { version: 1 },
};
const mean = (metric: string) => ({ metric, aggregation: 'mean', higher_is_better: true });

/** Each kind of task, template, sampler, delimiter, metric and filter at least once. */
const tasks: Readonly<Record<string, object>> = {
  choice: {
    task: 'made_choice',
    output_type: 'multiple_choice',
    description: 'Questions about a state.\n\n',
    doc_to_text: 'Question: {{question.strip()}} what?\nAnswer:',
    doc_to_target: 'answer',
    doc_to_choice: 'choices',
    num_fewshot: 3,
    metric_list: ['acc', 'acc_norm', 'acc_bytes'].map(mean),
  },
  letters: {
    task: 'made_letters',
    tag: 'made_tagged',
    output_type: 'multiple_choice',
    doc_to_text:
      "{% for choice in choices %}{{ ['A', 'B', 'C', 'D'][loop.index0] }}. {{ choice }}\n{% endfor %}{{question}}",
    doc_to_target: '{{letter}}',
    doc_to_choice: ['A', 'B', 'C', 'D'],
    num_fewshot: 2,
    fewshot_config: { sampler: 'first_n' },
    metric_list: ['acc', 'acc_norm'].map(mean),
  },
  own: {
    task: 'made_own_examples',
    output_type: 'multiple_choice',
    // The examples are drawn from the questions themselves.
    fewshot_split: 'test',
    num_fewshot: 7,
    doc_to_text: '{{question}}',
    doc_to_target: '{{choices[answer]}}',
    doc_to_choice: '{{choices}}',
    target_delimiter: '',
    fewshot_delimiter: '\n',
    metric_list: ['acc', 'acc_norm'].map(mean),
  },
  last: {
    task: 'made_last_word',
    output_type: 'loglikelihood',
    doc_to_text: 'The people of the ',
    doc_to_target: ' {{choices[answer]}}',
    metric_list: [{ metric: 'perplexity', aggregation: 'perplexity', higher_is_better: false }, mean('acc')],
  },
  first: {
    task: 'made_without_context',
    output_type: 'loglikelihood',
    doc_to_text: '',
    doc_to_target: '{{question}}',
    metric_list: [{ metric: 'perplexity', aggregation: 'perplexity', higher_is_better: false }],
  },
  whole: {
    task: 'made_whole_texts',
    output_type: 'loglikelihood_rolling',
    doc_to_text: '',
    // The first is longer than the model's context, and one that its last window fills.
    doc_to_target: "{{ (question + 'old and great. ') * (90 if id == 0 else 1 + id % 3) }}",
    metric_list: [
      { metric: 'word_perplexity', aggregation: 'weighted_perplexity', higher_is_better: false },
      { metric: 'byte_perplexity', aggregation: 'weighted_perplexity', higher_is_better: false },
      { metric: 'bits_per_byte', aggregation: 'bits_per_byte', higher_is_better: false },
    ],
  },
  pair: {
    task: 'made_pairs',
    tag: ['made_tagged'],
    output_type: 'multiple_choice',
    doc_to_text: '{{question}}',
    doc_to_target: '{{ answer % 2 }}',
    doc_to_choice: '{{choices[:2]}}',
    metric_list: [
      mean('acc'),
      { metric: 'f1', aggregation: 'f1', higher_is_better: true },
      { metric: 'mcc', aggregation: 'matthews_corrcoef', higher_is_better: true },
    ],
  },
  begun: {
    task: 'made_begun',
    output_type: 'multiple_choice',
    description: 'Say of what kind it is.',
    doc_to_text: '{{question}}',
    doc_to_target: 'answer',
    doc_to_choice: 'choices',
    gen_prefix: 'The kind is',
    num_fewshot: 2,
    metric_list: ['acc', 'acc_norm'].map(mean),
  },
  write: {
    task: 'made_generation',
    output_type: 'generate_until',
    doc_to_text: '{{question}}',
    doc_to_target: 'The',
    num_fewshot: 1,
    generation_kwargs: { until: ['\n', '.'], do_sample: false, max_gen_toks: 12 },
    metric_list: [{ ...mean('exact_match'), ignore_case: true, ignore_punctuation: true }],
    filter_list: [
      { name: 'has-it', filter: [{ function: 'regex', regex_pattern: '\\bthe\\b' }, { function: 'take_first' }] },
      {
        name: 'last-word',
        filter: [{ function: 'regex', regex_pattern: '(\\w+)|(\\d+)', group_select: -1 }, { function: 'take_first' }],
      },
    ],
  },
};

/** Averages over tasks, by their examples and of tasks alike. */
const groups: Readonly<Record<string, object>> = {
  averages: {
    group: 'made_averages',
    task: ['made_choice', 'made_inner'],
    aggregate_metric_list: [{ metric: 'acc', aggregation: 'mean', weight_by_size: true }],
    metadata: { version: 1 },
  },
  _inner: {
    group: 'made_inner',
    task: ['made_tagged'],
    aggregate_metric_list: [{ metric: 'acc', aggregation: 'mean', weight_by_size: false, filter_list: 'none' }],
    metadata: { version: 1 },
  },
};

/** Tasks in lm-eval's form in a new folder, with their data; `absolute`: as lm-eval finds data from any working folder. */
export function writeBenchmarkTasks(folder: string, { absolute = false } = {}): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'test.jsonl'),
    rows(24, 0)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  );
  writeFileSync(join(folder, 'train.json'), JSON.stringify(rows(30, 100)));
  const place = (name: string) => (absolute ? join(folder, name) : name);
  const data = { dataset_kwargs: { data_files: { train: place('train.json'), test: place('test.jsonl') } } };
  for (const [name, task] of Object.entries(tasks))
    writeFileSync(join(folder, `${name}.yaml`), stringify({ ...base, ...data, ...task }));
  for (const [name, group] of Object.entries(groups)) writeFileSync(join(folder, `${name}.yaml`), stringify(group));
}
