import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { firstLine, openByteSource } from '../byte-source.ts';
import { faultyRow, type RawRow, type RowReading } from '../text/raw-row.ts';
import { textReader } from '../text/text-reader.ts';
import { decodeMessagePack } from './msgpack.ts';

/** Names that spaCy 3 numbers instead of hashing them, from 0; a name with dots stands for all names of its numbers. */
const names = `
  - IS_ALPHA IS_ASCII IS_DIGIT IS_LOWER IS_PUNCT IS_SPACE IS_TITLE IS_UPPER LIKE_URL LIKE_NUM LIKE_EMAIL IS_STOP
  IS_OOV_DEPRECATED IS_BRACKET IS_QUOTE IS_LEFT_PUNCT IS_RIGHT_PUNCT IS_CURRENCY FLAG19..FLAG63 ID ORTH LOWER NORM
  SHAPE PREFIX SUFFIX LENGTH CLUSTER LEMMA POS TAG DEP ENT_IOB ENT_TYPE HEAD SENT_START SPACY PROB LANG ADJ ADP
  ADV AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X EOL SPACE
  DEPRECATED001..DEPRECATED276 PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART LANGUAGE LAW DATE TIME
  PERCENT MONEY QUANTITY ORDINAL CARDINAL acomp advcl advmod agent amod appos attr aux auxpass cc ccomp complm
  conj cop csubj csubjpass dep det dobj expl hmod hyph infmod intj iobj mark meta neg nmod nn npadvmod nsubj
  nsubjpass num number oprd obj obl parataxis partmod pcomp pobj poss possessive preconj prep prt punct quantmod
  relcl rcmod root xcomp acl ENT_KB_ID MORPH ENT_ID IDX _`;

/** Number of each name that spaCy has built in. */
const spacySymbols: ReadonlyMap<string, bigint> = new Map(
  names
    .trim()
    .split(/\s+/)
    .flatMap(namesIn)
    .map((name, number) => [number === 0 ? '' : name, BigInt(number)]),
);

function namesIn(entry: string): string[] {
  const [, prefix = '', first = '', last] = /^([A-Z]+)(\d+)\.\.[A-Z]+(\d+)$/.exec(entry) ?? [];
  if (last === undefined) return [entry];
  return Array.from(
    { length: Number(last) - Number(first) + 1 },
    (_, at) => `${prefix}${String(Number(first) + at).padStart(first.length, '0')}`,
  );
}

export const spacyReader = textReader(
  {
    id: 'spacy',
    label: 'spaCy DocBin',
    summary:
      'Documents that spaCy 3 saved (.spacy): words with the tags of their entities, or texts with their categories. Held in memory while it is read. A row is known by its place in the file, from 1.',
  },
  { extensions: ['spacy'], rows: documentRows, notes: documentNotes },
);

const maxPackedBytes = 128 * 2 ** 20;
const maxUnpackedBytes = 512 * 2 ** 20;
const batchRows = 512;
/** Numbers of spaCy's attributes. */
const [orth, entityMark, entityType] = [65, 77, 78];
/** Values of ENT_IOB. */
const marks = { missing: 0n, inside: 1n, outside: 2n, begin: 3n };
const minCategory = 0.5;

const bytesSchema = z.instanceof(Buffer);
const docBinSchema = z.object({
  attrs: z.array(z.number().int()).min(1).max(100),
  tokens: bytesSchema,
  spaces: bytesSchema,
  lengths: bytesSchema,
  strings: z.array(z.string()),
  cats: z.array(z.record(z.string(), z.number().or(z.boolean()))).default([]),
  flags: z.array(z.object({ has_unknown_spaces: z.boolean().optional() })).default([]),
  span_groups: z.array(bytesSchema).default([]),
});

interface Token {
  readonly word: string;
  readonly isSpaced: boolean;
  readonly mark: bigint;
  readonly entity: string;
}

interface DocBin {
  readonly documents: readonly (readonly Token[])[];
  readonly categories: readonly Readonly<Record<string, number | boolean>>[];
  readonly hasEntities: boolean;
  readonly hasCategories: boolean;
  readonly hasSpanGroups: boolean;
  readonly bytes: number;
}

async function* documentRows(path: string, { onBytes }: RowReading): AsyncGenerator<RawRow[]> {
  const bin = await readDocBin(path);
  const isOfOne = bin.categories.every((cats) => chosenCategories(cats).length === 1);
  for (let start = 0; start < bin.documents.length; start += batchRows) {
    const some = bin.documents.slice(start, start + batchRows);
    yield some.map((tokens, at) => rowOf(bin, tokens, start + at, isOfOne));
    onBytes?.((bin.bytes * some.length) / bin.documents.length);
  }
}

function rowOf(
  { categories, hasEntities, hasCategories }: DocBin,
  tokens: readonly Token[],
  at: number,
  isOfOne: boolean,
): RawRow {
  const words = tokens.filter(({ word }) => word.trim() !== '');
  if (hasEntities && words.every(({ mark }) => mark === marks.missing))
    return faultyRow(at + 1, 'has no annotation of entities; annotate it, or leave it out');
  const chosen = chosenCategories(categories[at] ?? {});
  return {
    row: at + 1,
    fault: null,
    cells: {
      // Words with tags have the text already.
      ...(hasEntities && !hasCategories
        ? {}
        : { text: tokens.map(({ word, isSpaced }) => `${word}${isSpaced ? ' ' : ''}`).join('') }),
      ...(hasEntities ? { tokens: words.map(({ word }) => word), ner_tags: words.map(tagOf) } : {}),
      ...(hasCategories ? { label: isOfOne ? chosen[0] : chosen } : {}),
    },
  };
}

function tagOf({ mark, entity }: Token): string {
  if (mark !== marks.begin && mark !== marks.inside) return 'O';
  return `${mark === marks.begin ? 'B' : 'I'}-${entity}`;
}

function chosenCategories(cats: Readonly<Record<string, number | boolean>>): string[] {
  return Object.entries(cats).flatMap(([name, score]) => (Number(score) >= minCategory ? [name] : []));
}

async function documentNotes(path: string): Promise<string[]> {
  const { hasEntities, hasCategories, hasSpanGroups } = await readDocBin(path);
  return [
    ...(hasEntities && hasCategories
      ? ['It has entities and categories; entities are read. To read categories, set text=text and label=label.']
      : []),
    ...(hasSpanGroups
      ? ['It has span groups, which are not read: they may overlap, and tags give each word one entity.']
      : []),
  ];
}

/** @throws StudioError invalid_file for a file that is no DocBin, damaged or too large */
async function readDocBin(path: string): Promise<DocBin> {
  const file = openByteSource(path);
  try {
    if (file.size > maxPackedBytes) throw new Error(`it has more than ${maxPackedBytes / 2 ** 20} MiB`);
    const packed = await file.read(0, file.size);
    const unpacked = await promisify(inflate)(packed, { maxOutputLength: maxUnpackedBytes });
    return docBinOf(docBinSchema.parse(decodeMessagePack(unpacked)), packed.length);
  } catch (thrown) {
    if (thrown instanceof StudioError) throw thrown;
    const why = thrown instanceof z.ZodError ? 'it lacks parts of one' : firstLine(thrown);
    throw new StudioError(
      'invalid_file',
      `${path} is not a DocBin of spaCy that is read: ${why}.`,
      'Save it again with DocBin.to_disk, or as JSONL.',
    );
  } finally {
    file.close();
  }
}

function docBinOf(
  { attrs, tokens, spaces, lengths, strings, cats, span_groups }: z.infer<typeof docBinSchema>,
  bytes: number,
): DocBin {
  const width = attrs.length;
  const [word, mark, type] = [orth, entityMark, entityType].map((attribute) => attrs.indexOf(attribute));
  const counts = Array.from({ length: lengths.length / 4 }, (_, at) => lengths.readInt32LE(4 * at));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (
    word === undefined ||
    word < 0 ||
    counts.some((count) => count < 0) ||
    tokens.length !== 8 * width * total ||
    spaces.length !== total
  )
    throw new Error('its words and their lengths do not fit');
  const named = new Map(strings.map((text) => [spacySymbols.get(text) ?? hashOf(text), text]));
  const value = (token: number, column: number | undefined): bigint =>
    column === undefined || column < 0 ? 0n : tokens.readBigUInt64LE(8 * (token * width + column));
  const name = (token: number, column: number | undefined): string => {
    const hash = value(token, column);
    const text = hash === 0n ? '' : named.get(hash);
    if (text === undefined) throw new Error(`it has a word without a text (${hash})`);
    return text;
  };
  let token = 0;
  const documents = counts.map((count) =>
    Array.from({ length: count }, (): Token => {
      const at = token++;
      return { word: name(at, word), isSpaced: spaces[at] === 1, mark: value(at, mark), entity: name(at, type) };
    }),
  );
  const isEntity = ({ mark: of }: Token) => of === marks.begin || of === marks.inside;
  return {
    documents,
    categories: documents.map((_, at) => cats[at] ?? {}),
    hasEntities: documents.some((document) => document.some(isEntity)),
    hasCategories: cats.some((scores) => Object.keys(scores).length > 0),
    // An empty list in MessagePack.
    hasSpanGroups: span_groups.some((group) => group.length > 0 && !(group.length === 1 && group[0] === 0x90)),
    bytes,
  };
}

const [multiplier, seed, shift, mask] = [0xc6a4a7935bd1e995n, 1n, 47n, 2n ** 64n - 1n];

/** MurmurHash64A of a text in UTF-8 (Austin Appleby, public domain), by which spaCy keeps texts. */
function hashOf(text: string): bigint {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length === 0) return 0n;
  let hash = seed ^ ((BigInt(bytes.length) * multiplier) & mask);
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) {
    let part = (bytes.readBigUInt64LE(at) * multiplier) & mask;
    part ^= part >> shift;
    hash = ((hash ^ ((part * multiplier) & mask)) * multiplier) & mask;
  }
  if (whole < bytes.length) {
    let rest = 0n;
    for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8n) | BigInt(bytes[at] ?? 0);
    hash = ((hash ^ rest) * multiplier) & mask;
  }
  hash ^= hash >> shift;
  hash = (hash * multiplier) & mask;
  return hash ^ (hash >> shift);
}
