import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TaskDocument } from '../task-document.ts';
import { integerOf, splitWords, strip, textOf, textsOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

/** lm-eval's general_detokenize: no spaces inside brackets and quotes, and before punctuation. */
function detokenized(text: string): string {
  return text
    .replaceAll(" n't", "n't")
    .replaceAll(' )', ')')
    .replaceAll('( ', '(')
    .replaceAll('" ', '"')
    .replaceAll(' "', '"')
    .replaceAll(/ (['.,])/g, '$1');
}

/** The passage with its pronoun in asterisks, and the question whether the pronoun means the noun. */
function question(row: TaskDocument): string {
  const passage = textOf(row, 'text');
  const [noun, pronoun] = [textOf(row, 'span1_text'), textOf(row, 'span2_text')];
  const before = splitWords(passage).slice(0, integerOf(row, 'span2_index')).join(' ');
  const after = [...passage].slice([...before].length + [...pronoun].length + 1).join('');
  const marked = detokenized(`${before} *${pronoun}*${after}`);
  return `Passage: ${marked}\nQuestion: In the passage above, does the pronoun "*${pronoun}*" refer to "*${noun}*"?\nAnswer:`;
}

/** Passages whose pronoun is not where the row says, with an X in its place. */
const corrected: ReadonlyMap<string, string> = new Map([
  [
    'The boy continued to whip the pony , and eventually the pony threw him over. John laughed out quite loud. "Good for him," he said. ',
    'The boy continued to whip the pony , and eventually the pony threw him over. John laughed out quite loud. "Good for X ," he said.',
  ],
  [
    'When they had eventually calmed down a bit , and had gotten home, Mr. Farley put the magic pebble in an iron safe . Some day they might want to use it , but really for now, what more could they wish for?',
    'When they had eventually calmed down a bit , and had gotten home, Mr. Farley put the magic pebble in an iron safe . Some day they might want to use X , but really for now, what more could they wish for?',
  ],
]);

function withX(row: TaskDocument): string {
  const passage = textOf(row, 'text');
  const known = corrected.get(passage);
  const words = passage.split(' ');
  const index = integerOf(row, 'span2_index');
  if (index > 0 && known !== undefined) return known;
  if (index > 0 && words[index] === textOf(row, 'span2_text')) return words.with(index, 'X').join(' ');
  throw new StudioError('invalid_file', `A row's "span2_text" is not word ${index} of its "text".`);
}

const determiners: ReadonlySet<string> = new Set([
  ...['a', 'an', 'few', 'her', 'his', 'each', 'every', 'many', 'much', 'my', 'our', 'some', 'that', 'the', 'their'],
  ...['these', 'this', 'those', 'which', 'whose', 'your'],
]);

function withoutDeterminers(text: string): string {
  const words = strip(text).toLowerCase().split(' ');
  return words.filter((word) => !determiners.has(word)).join(' ');
}

/** Returns true if the words of one text are all in the other; a possessive never means a noun that is none. */
function isSameReferent(one: string, other: string): boolean {
  if (one.includes("'") !== other.includes("'")) return false;
  const [first, second] = [one.split(' '), other.split(' ')];
  return first.every((word) => second.includes(word)) || second.every((word) => first.includes(word));
}

/** Winograd schemas of SuperGLUE: a yes or no to the meaning of a pronoun. */
export const wsc: TaskFunctions = {
  id: 'wsc',
  tasks: /^wsc$/,
  functions: {
    'preprocess_wsc.default_doc_to_text': {
      uses: ['default_doc_to_text'],
      hashes: ['628262afff2dfa90ac105ce4950d27ad55a43f439de59282191558e7ffe0080b'],
      gives: 'field',
      field: question,
    },
  },
};

/** Winograd schemas in the prompt of T5: the generated text is the noun that the pronoun means. */
export const wscT5: TaskFunctions = {
  id: 'wsc-t5',
  tasks: /^super_glue-wsc-t5-prompt$/,
  functions: {
    't5_utils.doc_to_text': {
      uses: ['doc_to_text', '_wsc_inputs'],
      hashes: ['fa425569bc41fafe24cb620f9337f2bb06258d5337f77520c1e5a486d7bdc1e9'],
      gives: 'field',
      field: (row) => `wsc: ${withX(row).replaceAll(' X ', () => ` *${textOf(row, 'span2_text')}* `)}`,
    },
    't5_utils.process_results': {
      uses: ['DETERMINERS', 'clean', 'process_results'],
      hashes: ['ca0d1c30d291f9aad908a4c387a8b999410ddface366551f49767cb91dbb825f'],
      gives: 'text-scores',
      metrics: { accuracy: true },
      scores(row, text) {
        const isSame = isSameReferent(withoutDeterminers(text), withoutDeterminers(textOf(row, 'span1_text')));
        return { accuracy: Number(isSame === Boolean(row['label'])) };
      },
    },
  },
};

const upperPronouns: ReadonlySet<string> = new Set([
  ...['A', 'An', 'The', 'She', 'He', 'It', 'They', 'My', 'His', 'Her', 'Their'],
]);
const possessives: ReadonlySet<string> = new Set(['my', 'his', 'her', 'our', 'their']);

/** An option as it stands in the sentence: possessive, and with a small letter unless it begins the sentence. */
function fitted(row: TaskDocument, option: string): string {
  const owned = possessives.has(textOf(row, 'pronoun').toLowerCase()) ? `${option}'s` : option;
  const [first = ''] = splitWords(owned);
  const beginsSentence = [...textOf(row, 'text')].at(integerOf(row, 'pronoun_loc') - 2) === '.';
  return !beginsSentence && upperPronouns.has(first) ? owned.replaceAll(first, () => first.toLowerCase()) : owned;
}

/** The 273 Winograd schemas: the rest of a sentence, after each of two nouns in place of its pronoun. */
export const wsc273: TaskFunctions = {
  id: 'wsc273',
  tasks: /^wsc273$/,
  functions: {
    'utils.process_doc': {
      uses: ['upper_pronouns', 'process_doc', '__normalize_option'],
      hashes: ['eb0b513323bdc68a03744d3facb19ff5158126bdf32c95797104c4b43c304bb9'],
      gives: 'documents',
      documents: (rows) =>
        rows.map((row) => {
          const changed = { ...row, text: textOf(row, 'text').replaceAll('  ', ' ') };
          const options = textsOf(row, 'options');
          return {
            ...changed,
            options: options.map((option, index) => (index < 2 ? fitted(changed, option) : option)),
          };
        }),
    },
  },
};
