import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TaskDocument } from '../task-document.ts';
import { strip, textOf } from './python-text.ts';
import type { TaskFunction, TaskFunctions } from './task-function.ts';

const connectors: ReadonlyMap<unknown, string> = new Map([
  ['cause', 'because'],
  ['effect', 'therefore'],
]);

/** A choice with a small letter, as the sentence goes on. */
function lowered(row: TaskDocument, column: string): string {
  const [first = '', ...rest] = [...textOf(row, column)];
  return `${first.toLowerCase()}${rest.join('')}`;
}

function continued(row: TaskDocument, column: string): string {
  return ` ${lowered(row, column)}`;
}

/** The premise without its full stop, and the word for a cause or an effect. */
function connected(row: TaskDocument, words: ReadonlyMap<unknown, string>): string {
  const connector = words.get(row['question']);
  if (connector === undefined) throw new StudioError('invalid_file', `A row's "question" is neither cause nor effect.`);
  return `${[...strip(textOf(row, 'premise'))].slice(0, -1).join('')} ${connector}`;
}

/** COPA of SuperGLUE: the premise without its full stop, a connector, and a choice. */
export const copa: TaskFunctions = {
  id: 'copa',
  tasks: /^copa$/,
  functions: {
    'utils.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['8605f6565e7451f1863ba37d55e26c942610b19eb724d9cb8610eaa3f259cc56'],
      gives: 'field',
      field: (row) => connected(row, connectors),
    },
    'utils.doc_to_target': {
      uses: ['convert_choice', 'doc_to_target'],
      hashes: ['1d63d4c01a0c385b9ce487e71927eb57550d4e5a8543b7957887a839471f2fe5'],
      gives: 'field',
      field: (row) => continued(row, row['label'] === 0 ? 'choice1' : 'choice2'),
    },
    'utils.doc_to_choice': {
      uses: ['convert_choice', 'doc_to_choice'],
      hashes: ['710049363dcb7066a87d5442dbc6d9de23f6e98dd8c58f7507ca053182e46532'],
      gives: 'field',
      field: (row) => [continued(row, 'choice1'), continued(row, 'choice2')],
    },
  },
};

/** XCOPA: words for a cause and for an effect in each language. */
const translated: Readonly<Record<string, readonly [cause: string, effect: string]>> = {
  et: ['sest', 'seetõttu'],
  ht: ['poukisa', 'donk sa'],
  it: ['perché', 'quindi'],
  id: ['karena', 'maka'],
  qu: ['imataq', 'chaymi'],
  sw: ['kwa sababu', 'kwa hiyo'],
  zh: ['因为', '所以'],
  ta: ['காரணமாக', 'எனவே'],
  th: ['เพราะ', 'ดังนั้น'],
  tr: ['çünkü', 'bu yüzden'],
  vi: ['bởi vì', 'vì vậy'],
};

/** XCOPA: COPA in eleven languages. */
export const xcopa: TaskFunctions = {
  id: 'xcopa',
  tasks: /^xcopa_/,
  functions: {
    'utils.doc_to_choice': {
      uses: ['convert_choice', 'doc_to_choice'],
      hashes: ['b135e9dc3b94ff01457171b6c2a37caebfba8cf6b75d7ba24dcf4ad943044f23'],
      gives: 'field',
      field: (row) => [lowered(row, 'choice1'), lowered(row, 'choice2')],
    },
    ...Object.fromEntries(
      Object.entries(translated).map(([language, [cause, effect]]): [string, TaskFunction] => [
        `utils.doc_to_text_${language}`,
        {
          uses: ['doc_to_text', ...Object.keys(translated).map((one) => `doc_to_text_${one}`)],
          hashes: ['b2f8199b43bc87f2f1598508f331ed7043b1ddc9a48694b8adf2c2a49c5ff206'],
          gives: 'field',
          field: (row) =>
            connected(
              row,
              new Map([
                ['cause', cause],
                ['effect', effect],
              ]),
            ),
        },
      ]),
    ),
  },
};
