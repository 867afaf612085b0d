import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TaskDocument } from '../task-document.ts';
import { strip, textOf, textsOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** "A. first\nB. second\n" */
function lettered(options: readonly string[]): string {
  if (options.length > alphabet.length)
    throw new StudioError('invalid_file', `A row has ${options.length} options, and there are 26 letters.`);
  return options.map((option, index) => `${alphabet[index]}. ${option}\n`).join('');
}

/** MMLU-Pro of the Open LLM Leaderboard: the likelihood of each letter. */
export const leaderboardMmluPro: TaskFunctions = {
  id: 'leaderboard-mmlu-pro',
  tasks: /^leaderboard_mmlu_pro/,
  functions: {
    'utils.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['1898c1a6d849e33df3fd637ed5bb5c2202155194f3786f3660e4b3c5446d45cd'],
      gives: 'field',
      field: (row) => `${textOf(row, 'question')}\n${lettered(textsOf(row, 'options'))}Answer:`,
    },
    'utils.doc_to_choice': {
      uses: ['doc_to_choice'],
      hashes: ['bb3657f4d3e2c10f17ef864ad978e7105820b6516c715f286248f85cd214a578'],
      gives: 'field',
      field: (row) => textsOf(row, 'options').map((_option, index) => alphabet[index] ?? ''),
    },
  },
};

/** MedQA with four options. */
export const medqa: TaskFunctions = {
  id: 'medqa',
  tasks: /^medqa/,
  functions: {
    'preprocess_medqa.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['113f54e179e56353fd7ae49825ca9849a0344dccf6f89635054300ac0c83c41f'],
      gives: 'field',
      field: (row) =>
        `Question: ${textOf(row, 'sent1')}\n${lettered(columns(row, 'ending0 ending1 ending2 ending3'))}Answer:`,
    },
    'preprocess_medqa.doc_to_target': {
      uses: ['doc_to_target'],
      hashes: ['bba8360d6071ef8e2fc36b9085a5d37bb6656b55b49c8701d08e00b1f59358d5'],
      gives: 'field',
      field: (row) => row['label'],
    },
  },
};

/** MedMCQA. */
export const medmcqa: TaskFunctions = {
  id: 'medmcqa',
  tasks: /^medmcqa/,
  functions: {
    'utils_medmcqa.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['1bbf76248138579f6ba270e192bfb17f7bebb67d7f4d5d7fc48869ecb383179e'],
      gives: 'field',
      field: (row) =>
        `Question: ${textOf(row, 'question')}\nChoices:\n${lettered(columns(row, 'opa opb opc opd'))}Answer:`,
    },
  },
};

/** LogiQA. */
export const logiqa: TaskFunctions = {
  id: 'logiqa',
  tasks: /^logiqa/,
  functions: {
    'utils_logiqa.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['7c11daa359395e2ab15ba7fa13978d4ec328ec10f4aac70351a74aa31f746311'],
      gives: 'field',
      field: (row) => {
        const options = lettered(textsOf(row, 'options').slice(0, 4));
        return `Passage: ${textOf(row, 'context')}\nQuestion: ${textOf(row, 'question')}\nChoices:\n${options}Answer:`;
      },
    },
    'utils_logiqa.doc_to_target': {
      uses: ['doc_to_target'],
      hashes: ['c1cc15fc2402a9efd2e03a3f9e79c8cc5a430d96d40af9d39986f5c6dd55634c'],
      gives: 'field',
      field: (row) => ['a', 'b', 'c', 'd'].indexOf(strip(textOf(row, 'label'))),
    },
  },
};

/** LogiQA 2. */
export const logiqa2: TaskFunctions = {
  id: 'logiqa2',
  tasks: /^logiqa2$/,
  functions: {
    'utils_logiqa2.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['682c7f92eafc363a51386f80dbc5276acb7f948862bbda37c789e5e75314bfac'],
      gives: 'field',
      field: (row) => {
        const options = lettered(textsOf(row, 'options').slice(0, 4));
        return `Passage: ${textOf(row, 'text')}\nQuestion: ${textOf(row, 'question')}\n${options}Answer:`;
      },
    },
  },
};

function columns(row: TaskDocument, names: string): string[] {
  return names.split(' ').map((name) => textOf(row, name));
}
