import { textOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

/** MathQA: the options out of one text, "a ) 12 , b ) 15 , …". */
export const mathqa: TaskFunctions = {
  id: 'mathqa',
  tasks: /^mathqa/,
  functions: {
    'utils.doc_to_choice': {
      uses: ['doc_to_choice'],
      hashes: ['44fb50be9156fc0b6d87e5daace559ed778d051a09daa3d2ac993307d455cd78'],
      gives: 'field',
      field: (row) =>
        Array.from(textOf(row, 'options').matchAll(/[abcd] \) [^\n]*?, |e \) [^\n]*?(?=\n?$)/g), ([option]) =>
          option.slice(4).replace(/[ ,]+$/, ''),
        ),
    },
  },
};
