import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TaskDocument } from '../task-document.ts';
import { strip, textOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

/** The parts of a sentence before and after its blank. */
function around(row: TaskDocument): readonly [before: string, after: string] {
  const sentence = textOf(row, 'sentence');
  const blank = sentence.indexOf('_');
  if (blank >= 0) return [sentence.slice(0, blank), strip(sentence.slice(blank + 1))];
  throw new StudioError('invalid_file', `A row's "sentence" has no blank (_).`, 'Leave the row out.');
}

/** Functions of a task, by the names of their fields in lm-eval's file. */
function blanks(
  module: string,
  hashes: Readonly<Record<'text' | 'target' | 'choice', string>>,
): TaskFunctions['functions'] {
  const defined = (name: keyof typeof hashes, field: (row: TaskDocument) => unknown): TaskFunctions['functions'] => ({
    [`${module}.doc_to_${name}`]: { uses: [`doc_to_${name}`], hashes: [hashes[name]], gives: 'field', field },
  });
  return {
    ...defined('text', (row) => {
      const index = ['1', '2'].indexOf(textOf(row, 'answer'));
      if (index >= 0) return index;
      throw new StudioError('invalid_file', `A row's "answer" is neither "1" nor "2".`, 'Use a split with answers.');
    }),
    ...defined('target', (row) => around(row)[1]),
    ...defined('choice', (row) => ['option1', 'option2'].map((option) => around(row)[0] + textOf(row, option))),
  };
}

/** WinoGrande: the rest of a sentence, after each of two ways to fill its blank. */
export const winogrande: TaskFunctions = {
  id: 'winogrande',
  tasks: /^winogrande$/,
  functions: blanks('preprocess_winogrande', {
    text: '209f98ca866ca43ff7ed1eb1b4ae1bbfe93badd69ae9709f78228eaab625d0f6',
    target: 'e7f36e60b06fe5fbd1ed46cfc385c0818ece301b12c4b41251b06160aefaed6d',
    choice: 'c539fb65f429ca017a0384af755ac662b7b875018b9032934446f34fea44eb16',
  }),
};

/** XWinograd: the same in six languages. */
export const xwinograd: TaskFunctions = {
  id: 'xwinograd',
  tasks: /^xwinograd_/,
  functions: blanks('utils', {
    text: 'd5b29d5def0be44673f838a8e145c71d8f8276ef9c195b0cc2db616c73ffa46e',
    target: '737fbeedd908db15ddf8196888ec3e83592caace80b8eb46911708ce31065f17',
    choice: 'e8831c5ab2d435375333bfb1ac4a31e0cfc1c9108cc38c8a49a5fac26376827d',
  }),
};
