import { capitalize, strip, textOf, textsOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

/** Removes what WikiHow puts in brackets. */
function withoutBrackets(text: string): string {
  return strip(text)
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}

/** HellaSwag: the activity and both parts of the context as one text. */
export const hellaswag: TaskFunctions = {
  id: 'hellaswag',
  tasks: /^hellaswag$/,
  functions: {
    'utils.process_docs': {
      uses: ['preprocess', 'process_docs'],
      hashes: ['45326919be575c42231210372d11f316bc4d15d594ef9aa3348b29b19bcf7266'],
      gives: 'documents',
      documents: (rows) =>
        rows.map((row) => {
          const context = `${textOf(row, 'ctx_a')} ${capitalize(textOf(row, 'ctx_b'))}`;
          return {
            ...row,
            query: withoutBrackets(`${textOf(row, 'activity_label')}: ${context}`),
            choices: textsOf(row, 'endings').map(withoutBrackets),
            gold: Number(row['label']),
          };
        }),
    },
  },
};
