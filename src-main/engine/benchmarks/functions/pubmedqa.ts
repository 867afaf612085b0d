import { textOf, textsOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

/** PubMedQA: the abstract, then the question. */
export const pubmedqa: TaskFunctions = {
  id: 'pubmedqa',
  tasks: /^pubmedqa/,
  functions: {
    'preprocess_pubmedqa.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['102f9afbef448e05914bb174b508f3d33024197d0a3c868c7dab9ab046fefc90'],
      gives: 'field',
      field: (row) => `Abstract: ${textsOf(row, 'CONTEXTS').join('\n')}\nQuestion: ${textOf(row, 'QUESTION')}\nAnswer:`,
    },
  },
};
