import type { textColumnRoles } from '../../../../src-shared/domain/data/dataset.ts';

export type Role = (typeof textColumnRoles)[number];

/** Column names of each role, compared without case, spaces, _ and -; the more specific ones first. */
export const knownNames: Readonly<
  Record<
    Exclude<
      Role,
      | 'messages'
      | 'words'
      | 'tags'
      | 'rejected'
      | 'desirable'
      | 'question'
      | 'context'
      | 'answers'
      | 'anchor'
      | 'positive'
      | 'negative'
    >,
    readonly string[]
  >
> = {
  text: [
    'text',
    'sentence',
    'sentence1',
    'premise',
    'question',
    'question1',
    'content',
    'review',
    'body',
    'document',
    'subject',
    'title',
  ],
  text_pair: ['textpair', 'sentence2', 'hypothesis', 'question2', 'text2', 'pair', 'context'],
  label: ['label', 'labels', 'class', 'category', 'target', 'sentiment', 'genre', 'score', 'rating', 'stars', 'y'],
  choices: ['choices', 'options', 'endings'],
  prompt: ['prompt', 'instruction', 'question', 'query'],
  system: ['system', 'systemprompt', 'systemmessage'],
  history: ['history'],
  input: ['input'],
  tools: ['tools', 'functions'],
  completion: ['completion', 'output', 'response', 'answer', 'chosen'],
};

const idNames = ['id', 'idx', 'uid', 'guid', 'uuid', 'qid', 'exampleid', 'questionid', 'rowid'];

const otherNames = [
  ...idNames,
  'rejected',
  'split',
  'messages',
  'conversations',
  'answers',
  'source',
  'tokens',
  'nertags',
  'anchor',
];

/** Returns true if a cell is a known column name of text datasets. */
export function isKnownColumn(name: string): boolean {
  const wanted = plain(name);
  return otherNames.includes(wanted) || Object.values(knownNames).some((names) => names.includes(wanted));
}

/** The first column that fits, by the first of the wanted names that one has. */
export function columnNamed(
  names: readonly string[],
  wanted: readonly string[],
  fits: (name: string) => boolean = () => true,
): string | undefined {
  return wanted.flatMap((one) => names.filter((name) => plain(name) === one && fits(name)))[0];
}

/** A name as names are compared. */
export function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}

/** Returns true for the name of a column that tells examples apart. */
export function isIdColumn(name: string): boolean {
  return idNames.includes(plain(name));
}
