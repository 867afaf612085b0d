import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { encodingParameter } from '../text/encoding.ts';
import { fileLines } from '../text/file-lines.ts';
import { faultyRow, largestRowBytes, type RawRow, type RowReading, tooLong } from '../text/raw-row.ts';
import { textReader } from '../text/text-reader.ts';
import { packable } from '../text/unpacked.ts';
import { encodingNotes } from '../text/utf8-chunks.ts';

const columnParameters: readonly ParameterSpec[] = [
  {
    name: 'word_column',
    label: 'Column of the word',
    type: 'integer',
    default: 0,
    minimum: 0,
    help: 'Which column of a line has the word, from 1; 0: the first, or the second beside numbers of words.',
    advanced: true,
  },
  {
    name: 'tag_column',
    label: 'Column of the tag',
    type: 'integer',
    default: 0,
    minimum: 0,
    help: 'Which column of a line has the tag, from 1; 0: the last, or the third of number, word, outer and inner tag.',
    advanced: true,
  },
];

export const conllReader = textReader(
  {
    id: 'conll',
    label: 'CoNLL',
    summary:
      'A word and its tag in each line, in columns with spaces or tabs between, and an empty line between sentences, as in CoNLL-2003. A row is a sentence, known by the number of its first line.',
  },
  {
    extensions: packable('conll', 'conllu', 'iob', 'iob2', 'bio', 'txt'),
    parameters: [...columnParameters, encodingParameter],
    rows: sentences,
    notes: async (path, options) => [...(await encodingNotes(path, options)), ...(await columnNotes(path, options))],
  },
);

/** A sentence while its lines are read. */
interface Sentence {
  readonly row: number;
  /** Cells of each word. */
  readonly words: string[][];
  bytes: number;
  fault: string | null;
}

/**
 * One row per sentence, with its `tokens` and their `tags`. Lines that begin a document (-DOCSTART-), and comments of CoNLL-U
 * are left out.
 * @throws StudioError invalid_input for a column that the first line does not have
 */
async function* sentences(path: string, reading: RowReading): AsyncGenerator<RawRow[]> {
  let columns: { readonly line: number; readonly count: number } | null = null;
  let sentence: Sentence | null = null;
  let layout: WordColumns | null = null;
  const rowOf = (whole: Sentence): RawRow => {
    if (whole.fault === null) layout ??= columnsOf(whole.words, reading.options);
    return layout === null ? faultyRow(whole.row, whole.fault ?? tooLong) : rowOfSentence(whole, layout);
  };
  for await (const lines of fileLines(path, reading)) {
    const rows: RawRow[] = [];
    for (const { line, bytes } of lines) {
      const text = bytes?.toString('utf8').trimEnd() ?? null;
      if (text === '') {
        if (sentence !== null) rows.push(rowOf(sentence));
        sentence = null;
        continue;
      }
      if (sentence !== null && sentence.fault !== null) continue;
      const cells = text === null ? [] : cellsOf(text);
      if (cells[0] === '-DOCSTART-' || isComment(text ?? '', cells, columns?.count ?? null)) continue;
      sentence ??= { row: line, words: [], bytes: 0, fault: null };
      sentence.bytes += bytes?.length ?? 0;
      if (text === null || sentence.bytes > largestRowBytes) sentence.fault ??= tooLong;
      if (text === null || sentence.fault !== null) continue;
      if (columns === null) columns = { line, count: checkedCount(path, line, cells.length, reading.options) };
      addWord(sentence, cells, line, columns);
    }
    if (rows.length > 0) yield rows;
  }
  if (sentence !== null) yield [rowOf(sentence)];
}

function cellsOf(text: string): string[] {
  return text.includes('\t') ? text.split('\t').map((cell) => cell.trim()) : text.trim().split(/\s+/);
}

/** A line with # at its beginning, unless it has the columns of a word. */
function isComment(text: string, cells: readonly string[], count: number | null): boolean {
  return text.startsWith('#') && (count === null ? !tagForm.test(cells.at(-1) ?? '') : cells.length !== count);
}

function checkedCount(path: string, line: number, count: number, options: ParameterValues): number {
  if (count < 2)
    throw new StudioError(
      'invalid_file',
      `${path}: line ${line} has one column, where a word and its tag are expected.`,
      'Write a word and its tag in each line, with an empty line between sentences; or plain texts as CSV or JSONL.',
    );
  for (const name of ['word_column', 'tag_column']) {
    const chosen = Number(options[name] ?? 0);
    if (chosen > count)
      throw new StudioError(
        'invalid_input',
        `${path}: ${name} is ${chosen}, but line ${line} has ${count} columns.`,
        `Set it to 1 to ${count}.`,
      ).at(name);
  }
  return count;
}

function addWord(
  sentence: Sentence,
  cells: string[],
  line: number,
  { line: first, count }: { readonly line: number; readonly count: number },
): void {
  if (sentence.words.length === maxWords)
    sentence.fault = `has more than ${maxWords} words; put an empty line after each sentence`;
  else if (cells.length === count) sentence.words.push(cells);
  else
    sentence.fault = `has a line (${line}) of ${cells.length} columns where line ${first} has ${count}; give every word the same columns`;
}

/** Documents without empty lines have a few thousand words. */
const maxWords = 100_000;

/** Indices of the columns of words and tags; those of tags count from the end if negative. */
interface WordColumns {
  readonly word: number;
  readonly tag: number;
  /** True if the file also has tags of entities within entities, which are not read. */
  readonly hasInnerTags: boolean;
}

/** Columns by the options and the first sentence: CoNLL-U and GermEval number its words from 1. */
function columnsOf(words: readonly (readonly string[])[], { word_column, tag_column }: ParameterValues): WordColumns {
  const count = words[0]?.length ?? 0;
  const isNumbered = count > 2 && words.every(([number], at) => number === String(at + 1));
  const areTags = (column: number) => words.every((cells) => tagForm.test(cells[column] ?? ''));
  const hasInnerTags = isNumbered && count === 4 && areTags(2) && areTags(3) && !Number(tag_column);
  const word = Number(word_column ?? 0) || (isNumbered ? 2 : 1);
  const tag = Number(tag_column ?? 0) || (hasInnerTags ? 3 : 0);
  return { word: word - 1, tag: tag - 1, hasInnerTags };
}

const tagForm = /^(?:O|[BIESLU]-.+)$/;

/** Describes tags that are not read. */
async function columnNotes(path: string, options: ParameterValues): Promise<string[]> {
  for await (const rows of sentences(path, { options }))
    for (const { cells } of rows)
      if (Array.isArray(cells[innerTags]))
        return [
          'Its fourth column has tags of entities within others, which are not read. To read them, set tag_column=4.',
        ];
      else return [];
  return [];
}

const innerTags = 'inner_tags';

function rowOfSentence({ row, words, fault }: Sentence, { word, tag, hasInnerTags }: WordColumns): RawRow {
  if (fault !== null) return faultyRow(row, fault);
  const tokens = words.map((cells) => cells.at(word) ?? '');
  const tags = words.map((cells) => cells.at(tag) ?? '');
  const inner = hasInnerTags ? { [innerTags]: words.map((cells) => cells[3] ?? '') } : {};
  return { row, cells: { tokens, tags, ...inner }, fault: null };
}
