import { PythonRandom } from '../python-random.ts';
import type { TaskDocument } from '../task-document.ts';
import { strip, textOf } from './python-text.ts';
import type { TaskFunction, TaskFunctions } from './task-function.ts';

const columns = ['Incorrect Answer 1', 'Incorrect Answer 2', 'Incorrect Answer 3', 'Correct Answer'];
const correct = columns.length - 1;

interface Variant {
  /** lm-eval's own seed; 0 is the one of its whole run. */
  readonly seed: number;
  /** True if rows also have their choices as a list. */
  readonly hasList: boolean;
  readonly clean: (text: string) => string;
}

const cleaned = (text: string) => strip(text).replaceAll(' [title]', '. ').replaceAll('  ', ' ');
const withoutBrackets = (text: string) =>
  strip(text)
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');

/** Rows with the four answers in random order. Each split has the order of a first draw from the seed. */
function shuffled(rows: readonly TaskDocument[], { seed, hasList, clean }: Variant): TaskDocument[] {
  const random = new PythonRandom(seed);
  return rows.map((row) => {
    const choices = columns.map((column) => (row[column] === null ? ' ' : clean(textOf(row, column))));
    const right = choices[correct] ?? '';
    random.shuffle(choices);
    const letter = 'ABCD'[choices.indexOf(right)] ?? '';
    const named = Object.fromEntries(choices.map((choice, index) => [`choice${index + 1}`, choice]));
    return { ...row, ...named, ...(hasList ? { choices } : {}), answer: `(${letter})` };
  });
}

function processDocs(hash: string, variant: Variant, uses: readonly string[] = []): Record<string, TaskFunction> {
  return {
    'utils.process_docs': {
      uses: [...uses, 'preprocess', 'process_docs'],
      hashes: [hash],
      gives: 'documents',
      documents: (rows) => shuffled(rows, variant),
    },
  };
}

/** GPQA by the likelihood of each letter, without examples. */
export const gpqaZeroShot: TaskFunctions = {
  id: 'gpqa-zeroshot',
  tasks: /^gpqa_(?:main|diamond|extended)_zeroshot$/,
  functions: processDocs('c1e4a43b083ab6be3b91d14a1cd57e7562a09350a367d27c3223c946dfadd7fe', {
    seed: 0,
    hasList: false,
    clean: cleaned,
  }),
};

/** GPQA by the likelihood of each letter, after examples. */
export const gpqaFewShot: TaskFunctions = {
  id: 'gpqa-n-shot',
  tasks: /^gpqa_(?:main|diamond|extended)_n_shot$/,
  functions: processDocs(
    '7dfc462d3ab3ed7d10502d9ad05e6e8326d6746af201afc5c84e32eee639e6fc',
    { seed: 42, hasList: false, clean: cleaned },
    ['rng'],
  ),
};

/** GPQA with a generated answer. */
export const gpqaGenerated: TaskFunctions = {
  id: 'gpqa-generated',
  tasks: /^gpqa_\w+_(?:cot|generative)_/,
  functions: processDocs('959380d8223baf7e9e6499a7d4fe6efd2816d4f215e4f6b15ea8ccc723a800ed', {
    seed: 0,
    hasList: true,
    clean: cleaned,
  }),
};

/** GPQA of the Open LLM Leaderboard. */
export const leaderboardGpqa: TaskFunctions = {
  id: 'leaderboard-gpqa',
  tasks: /^leaderboard_gpqa/,
  functions: processDocs('e78a117da18165eca0c4ecb23c2c85a00c16f99aff76d1827aa4dbfc4c01cc03', {
    seed: 0,
    hasList: false,
    clean: withoutBrackets,
  }),
};
