import type { TaskDocument } from '../task-document.ts';
import { strip, textOf, textsOf } from './python-text.ts';
import type { TaskFunction, TaskFunctions } from './task-function.ts';

const letters = 'ABCDEFGHIJ';
const subjects = [
  ...['biology', 'business', 'chemistry', 'computer science', 'economics', 'engineering', 'health', 'history', 'law'],
  ...['math', 'other', 'philosophy', 'physics', 'psychology'],
];

function questionOf(row: TaskDocument): string {
  const options = textsOf(row, 'options')
    .slice(0, letters.length)
    .map((option, index) => `${letters[index]}. ${strip(option)}\n`);
  return `Question:\n${textOf(row, 'question')}\nOptions:\n${options.join('')}Answer: Let's think step by step.`;
}

const question = { gives: 'field', field: questionOf } as const;

/** MMLU-Pro: ten options, reasoning before the answer, and the questions of one subject. */
export const mmluPro: TaskFunctions = {
  id: 'mmlu-pro',
  tasks: /^mmlu_pro/,
  functions: {
    'utils.doc_to_text': {
      ...question,
      uses: ['choices', 'format_cot_example', 'doc_to_text'],
      hashes: ['707ff52ff0b68f7ae3b2924c5cb81d815bab5c6f43bf1e129769abdf8243af18'],
    },
    'utils.fewshot_to_text': {
      ...question,
      uses: ['choices', 'format_cot_example', 'fewshot_to_text'],
      hashes: ['c1a3a54c95a5a0658954525b99f74b6630370b006276373494a7f5eec83706c8'],
    },
    'utils.fewshot_to_target': {
      uses: ['format_cot_target', 'fewshot_to_target'],
      hashes: ['c37f81d78e842147045b77b54258eee05fa39b7548d27ece065b6f60b973a32f'],
      gives: 'field',
      field: (row) => textOf(row, 'cot_content').replaceAll("A: Let's think step by step. ", ''),
    },
    ...Object.fromEntries(subjects.map((subject) => [`utils.${nameOf(subject)}`, only(subject)])),
  },
};

function nameOf(subject: string): string {
  return `process_${subject.replaceAll(' ', '_')}`;
}

function only(subject: string): TaskFunction {
  return {
    uses: ['process_docs', ...subjects.map(nameOf)],
    hashes: ['d236b4541ecf61c5d338598535cc5cc28d9f3cc06f742e33cf8011e78ea6acbb'],
    gives: 'documents',
    documents: (rows) => rows.filter((row) => row['category'] === subject),
  };
}
