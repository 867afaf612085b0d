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
    default: 1,
    minimum: 1,
    help: 'Which column of a line has the word, from 1.',
    advanced: true,
  },
  {
    name: 'tag_column',
    label: 'Column of the tag',
    type: 'integer',
    default: 0,
    minimum: 0,
    help: 'Which column of a line has the tag, from 1; 0: the last.',
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
    notes: encodingNotes,
  },
);

/** A sentence while its lines are read. */
interface Sentence {
  readonly row: number;
  readonly tokens: string[];
  readonly tags: string[];
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
  for await (const lines of fileLines(path, reading)) {
    const rows: RawRow[] = [];
    for (const { line, bytes } of lines) {
      const text = bytes?.toString('utf8').trimEnd() ?? null;
      if (text === '') {
        if (sentence !== null) rows.push(rowOf(sentence));
        sentence = null;
        continue;
      }
      const cells = text === null ? [] : cellsOf(text);
      if (cells[0] === '-DOCSTART-' || isComment(text ?? '', cells, columns?.count ?? null)) continue;
      sentence ??= { row: line, tokens: [], tags: [], bytes: 0, fault: null };
      sentence.bytes += bytes?.length ?? 0;
      if (text === null || sentence.bytes > largestRowBytes) sentence.fault ??= tooLong;
      if (sentence.fault !== null) continue;
      if (columns === null) columns = { line, count: checkedCount(path, line, cells.length, reading.options) };
      addWord(sentence, cells, line, columns, reading.options);
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
  return (
    text.startsWith('#') && (count === null ? !/^(O|[BIESLU]-.+)$/.test(cells.at(-1) ?? '') : cells.length !== count)
  );
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
  cells: readonly string[],
  line: number,
  { line: first, count }: { readonly line: number; readonly count: number },
  { word_column, tag_column }: ParameterValues,
): void {
  if (cells.length !== count) {
    sentence.fault = `has a line (${line}) of ${cells.length} columns where line ${first} has ${count}; give every word the same columns`;
    return;
  }
  sentence.tokens.push(cells[Number(word_column ?? 1) - 1] ?? '');
  sentence.tags.push(cells.at(Number(tag_column ?? 0) - 1) ?? '');
}

function rowOf({ row, tokens, tags, fault }: Sentence): RawRow {
  return fault === null ? { row, cells: { tokens, tags }, fault: null } : faultyRow(row, fault);
}
