import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { columnNamed } from './known-columns.ts';
import { cellOf, type RawRow } from './raw-row.ts';

/** Schemes by which tags mark the start and end of an entity; all are converted to IOB2. */
export const tagSchemes = { iob2: 'IOB2 (BIO)', iob1: 'IOB1', iobes: 'IOBES (BIOES)', bilou: 'BILOU' } as const;
type TagScheme = keyof typeof tagSchemes;
const schemes = ['iob2', 'iob1', 'iobes', 'bilou'] as const satisfies TagScheme[];

/** Format of the tags in a file. */
export interface TagFormat {
  readonly scheme: TagScheme;
  /** Names of numeric tags, in their order. */
  readonly names: readonly string[] | null;
  /** The guess, in one sentence. */
  readonly note: string | null;
}

interface TaggedColumns {
  readonly words: string;
  readonly tags: string | null;
}

export interface TaggedWords {
  readonly words: string[];
  readonly tags: string[] | null;
}

/** Names of such columns, the more specific ones first. */
const [wordNames, tagNames] = [
  ['tokens', 'words'],
  ['nertags', 'tags', 'ner', 'labels', 'entities'],
];

/** The columns of words and their tags: lists of the same length. */
export function taggedColumns(rows: readonly RawRow[], names: readonly string[]): TaggedColumns | null {
  const lists = (name: string) => rows.map(({ cells }) => cellOf(cells, name));
  const words = columnNamed(names, wordNames, (name) => lists(name).some(isWords));
  if (words === undefined) return null;
  const lengths = lists(words).map((cell) => (Array.isArray(cell) ? cell.length : null));
  const tags = columnNamed(names, tagNames, (name) =>
    lists(name).some((cell, row) => Array.isArray(cell) && cell.length > 0 && cell.length === lengths[row]),
  );
  return tags === undefined ? null : { words, tags };
}

function isWords(cell: unknown): boolean {
  return Array.isArray(cell) && cell.length > 0 && cell.every((word) => typeof word === 'string');
}

/** Detects the tag format of a column, by the options or the first rows. */
export function tagFormatOf(
  rows: readonly RawRow[],
  { tags }: Pick<TaggedColumns, 'tags'>,
  options: ParameterValues,
): TagFormat {
  const stated = String(options['tag_names'] ?? '');
  const names = stated === '' ? null : stated.split(',').map((name) => name.trim());
  const chosen = schemes.find((scheme) => scheme === options['tag_scheme']);
  if (chosen !== undefined) return { scheme: chosen, names, note: null };
  const lists = rows.flatMap(({ cells }) => {
    const cell = tags === null ? null : cellOf(cells, tags);
    return Array.isArray(cell) ? [cell.map((tag: unknown) => parsed(nameOf(tag, names)))] : [];
  });
  const scheme = guessedScheme(lists);
  return {
    scheme,
    names,
    note: scheme === 'iob2' ? null : `Its tags are ${tagSchemes[scheme]}; they are read as IOB2.`,
  };
}

interface Tag {
  /** Mark of the tag; O has nothing else. */
  readonly mark: string;
  readonly type: string;
}

const outside: Tag = { mark: 'O', type: '' };

function guessedScheme(lists: readonly (readonly (Tag | null)[])[]): TagScheme {
  const marks = new Set(lists.flatMap((tags) => tags.map((tag) => tag?.mark)));
  if (marks.has('E') || marks.has('S')) return 'iobes';
  if (marks.has('L') || marks.has('U')) return 'bilou';
  // IOB1 has B- where an entity follows another of its type, and only there.
  let beginsInside = false;
  for (const tags of lists)
    for (const [at, tag] of tags.entries()) {
      if (tag === null || tag.mark === 'O') continue;
      const follows = tags[at - 1]?.type === tag.type;
      if (tag.mark === 'B' && !follows) return 'iob2';
      if (tag.mark === 'I' && !follows) beginsInside = true;
    }
  return beginsInside ? 'iob1' : 'iob2';
}

/** The words of a row and their tags as IOB2; a string with the problem and its column otherwise. */
export function readTaggedWords(
  cells: RawRow['cells'],
  { words: wordColumn, tags: tagColumn }: TaggedColumns,
  format: TagFormat,
): TaggedWords | string {
  const words = cellOf(cells, wordColumn);
  if (!Array.isArray(words) || words.length === 0)
    return `${wordColumn} is no list of words: write it as ["one", "two"]`;
  const wrong = words.findIndex((word) => typeof word !== 'string' && typeof word !== 'number');
  if (wrong >= 0) return `${wordColumn}: word ${wrong + 1} is no text: write it as one`;
  const texts = words.map(String);
  if (texts.some((word) => word.includes('\uFFFD')))
    return `${wordColumn} has bytes that are not UTF-8 (shown as \uFFFD): choose the encoding, e.g. encoding=windows-1252`;
  if (tagColumn === null) return { words: texts, tags: null };
  const given = cellOf(cells, tagColumn);
  if (!Array.isArray(given)) return `${tagColumn} is no list of tags: write it as ["O", "B-PER"], a tag for each word`;
  if (given.length !== words.length)
    return `${tagColumn} has ${given.length} tags, but ${wordColumn} has ${words.length} words: give each word one tag`;
  const tags = asIob2(given, tagColumn, format);
  return typeof tags === 'string' ? tags : { words: texts, tags };
}

function asIob2(given: readonly unknown[], column: string, { scheme, names }: TagFormat): string[] | string {
  const tags: string[] = [];
  let before = outside;
  for (const [at, value] of given.entries()) {
    const name = nameOf(value, names);
    const tag = parsed(name);
    const where = `${column}: tag ${at + 1} is ${JSON.stringify(value)?.slice(0, 100) ?? 'missing'}`;
    if (tag === null) {
      if (typeof name === 'string' && /^-?\d+$/.test(name))
        return names === null
          ? `${where}, a number: name the tags in their order, e.g. tag_names=O,B-PER,I-PER`
          : `${where}, but tag_names has ${names.length} names: name them all, from 0 on`;
      return `${where}, no tag of IOB2: write O, or B- or I- and the entity, e.g. B-PER`;
    }
    const continues = before.type === tag.type && before.mark !== 'O';
    let mark = tag.mark;
    if (scheme === 'iobes') mark = mark === 'S' ? 'B' : mark === 'E' ? 'I' : mark;
    if (scheme === 'bilou') mark = mark === 'U' ? 'B' : mark === 'L' ? 'I' : mark;
    if (scheme === 'iob1' && mark === 'I' && !continues) mark = 'B';
    if (!['O', 'B', 'I'].includes(mark))
      return `${where}, which is not of ${scheme.toUpperCase()}: choose another scheme, e.g. tag_scheme=iobes`;
    if (mark === 'I' && !continues)
      return `${where}, but no ${tag.type} goes before it: begin an entity with B-${tag.type}, or choose the scheme, e.g. tag_scheme=iob1`;
    before = tag;
    tags.push(mark === 'O' ? 'O' : `${mark}-${tag.type}`);
  }
  return tags;
}

/** A tag as text, that of a number where names are given. */
function nameOf(value: unknown, names: readonly string[] | null): string | null {
  if (typeof value === 'number' || typeof value === 'bigint') return names?.[Number(value)] ?? String(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return /^\d+$/.test(text) ? (names?.[Number(text)] ?? text) : text;
}

const longestType = 200;

function parsed(name: string | null): Tag | null {
  if (name === 'O') return outside;
  const [, mark, type] = /^([BIESLU])-(.+)$/.exec(name ?? '') ?? [];
  return mark === undefined || type === undefined || type.length > longestType ? null : { mark, type };
}
