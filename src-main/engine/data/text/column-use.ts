import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type ColumnAccount, unusedColumnsOption } from '../../../../src-shared/domain/data/accounting.ts';
import { type TextColumns, textColumnRoles } from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { Mapping } from './columns.ts';
import { isIdColumn, knownNames, plain } from './known-columns.ts';
import { knownTurnKeys } from './messages.ts';
import { cellOf, isConversation, isEmptyCell, isObject, type RawRow } from './raw-row.ts';
import { severalColumns } from './several-labels.ts';
import { turnsOf } from './turns.ts';

/** Number of words from which a text is content rather than a name. */
const fewWords = 5;
/** The same in characters, for scripts without spaces between words. */
const fewCharacters = 12;
/** Share of a column's values from which it is a column of contents. */
const minContentShare = 0.01;
const maxCompared = 1000;
const sampleCharacters = 60;
const examinedCharacters = 2000;
/** Shorter used texts may be in another text by chance. */
const minUsedCharacters = 20;
/** More columns are not accounted for one by one. */
const maxColumns = 1000;

/** Columns whose content counts however short it is, with what a row loses without it. */
const contentNames: ReadonlyMap<string, ColumnAccount['loses']> = new Map([
  ...knownNames.system.map((name) => [name, 'system prompt'] as const),
  ...knownNames.history.map((name) => [name, 'history'] as const),
  ...knownNames.tools.map((name) => [name, 'tools'] as const),
  ...knownNames.input.map((name) => [name, 'input'] as const),
  ...['instruction', 'context', 'rejected', 'image', 'images', 'audio', 'audios', 'video', 'videos'].map(
    (name) => [name, null] as const,
  ),
]);

const forTheTemplate = 'given to the chat template, which may leave it out';

interface Counts {
  filled: number;
  content: number;
  repeated: number;
  sample: string | null;
}

/** Counts the values of every column while rows are read, and tells used columns from unused ones and from questions. */
export class ColumnUse {
  private readonly roles: ReadonlyMap<string, readonly string[]>;
  private readonly mapping: Mapping;
  private readonly made: ReadonlySet<string>;
  /** Columns of which a part is used: data for data.text. */
  private readonly outer: ReadonlySet<string>;
  /** Columns with conversations, and the fields of their messages that are not read. */
  private readonly talks: ReadonlySet<string>;
  private readonly fields = new Set<string>();
  private readonly declared: ReadonlySet<string>;
  private readonly counts = new Map<string, Counts>();

  /** @param besides roles of columns that are used for something else, e.g. the split */
  constructor(
    mapping: Mapping,
    names: readonly string[],
    options: ParameterValues,
    besides: readonly (readonly [name: string, role: string])[] = [],
  ) {
    this.mapping = mapping;
    this.roles = rolesOf(mapping, names, besides);
    this.made = new Set((mapping.layout?.made ?? []).map(({ name }) => name));
    this.outer = new Set([...this.roles.keys()].flatMap(outerNames));
    const { messages, completion, rejected } = mapping.columns;
    this.talks = new Set(mapping.isTalk ? [messages, completion, rejected].flatMap((name) => name ?? []) : []);
    this.declared = new Set(declaredUnused(options));
  }

  add({ cells, fault }: RawRow): void {
    if (fault !== null) return;
    let used: string | null = null;
    for (const [name, cell] of this.parts(cells)) {
      const counts = this.countsOf(name);
      if (counts === null || isEmptyCell(cell)) continue;
      counts.filled++;
      if (this.roles.has(name)) this.addTurns(name, cell);
      if (this.roles.has(name) || !isContent(name, cell)) continue;
      const wasRepeated = counts.repeated === counts.content;
      counts.content++;
      counts.sample ??= sampleOf(cell);
      if (!wasRepeated) continue;
      // After so many values that repeat the used ones, a column is known to do so.
      if (counts.content <= maxCompared) used ??= this.usedText(cells);
      if (counts.content > maxCompared || repeats(textOf(cell), used ?? '')) counts.repeated++;
      else counts.sample = sampleOf(cell);
    }
  }

  /** @throws StudioError invalid_input if a column that is declared unused does not exist */
  list(path: string): ColumnAccount[] {
    for (const name of this.declared)
      if (name !== '*' && !this.counts.has(name))
        throw new StudioError(
          'invalid_input',
          `${path} has no column "${name}" to leave out.`,
          `Its columns: ${[...this.counts.keys()].slice(0, 20).join(', ')}.`,
        ).at(unusedColumnsOption);
    return [...this.counts].map(([name, counts]) => this.account(name, counts));
  }

  private account(name: string, { filled, content, repeated, sample }: Counts): ColumnAccount {
    const roles = this.roles.get(name);
    const loses = contentNames.get(plain(name)) ?? null;
    const account = { name, filledRows: filled, sample: null };
    if (roles !== undefined) return { ...account, use: 'used', as: roles.join(', '), loses: null };
    const reason = this.reasonOf(name, { filled, content, repeated });
    return reason === null
      ? { ...account, use: 'question', as: null, sample, loses }
      : { ...account, use: 'unused', as: reason, loses: content === 0 || repeated === content ? null : loses };
  }

  /** Returns the reason why a column is no question; null if it is one. */
  private reasonOf(name: string, { filled, content, repeated }: Omit<Counts, 'sample'>): string | null {
    if (this.declared.has(name)) return 'left out as requested';
    const known = this.fields.has(name) ? forTheTemplate : this.mapping.layout?.unread.get(name);
    if (known !== undefined) return known;
    if (filled === 0) return 'empty';
    if (content === 0 || content < minContentShare * filled) return isIdColumn(name) ? 'id' : 'short values';
    if (repeated === content) return 'repeats the columns that are used';
    if (isIdColumn(name)) return 'id';
    return this.declared.has('*') ? 'left out as requested' : null;
  }

  /** The cells of a row by column; an object of which a part is used, by its parts. */
  private *parts(cells: RawRow['cells'], within = ''): Generator<[string, unknown]> {
    for (const [key, cell] of Object.entries(cells)) {
      const name = `${within}${key}`;
      if (this.made.has(name)) continue;
      if (this.outer.has(name) && isObject(cell)) yield* this.parts(cell, `${name}.`);
      else yield [name, cell];
    }
  }

  /** Counts the fields of messages that nothing reads but the chat template, if it does. */
  private addTurns(name: string, cell: unknown): void {
    if (!this.talks.has(name)) return;
    const turns = turnsOf(cell);
    const keys = new Set((Array.isArray(turns) ? turns : []).flatMap((turn) => (isObject(turn) ? fieldsOf(turn) : [])));
    for (const key of keys) {
      const field = `${name}[].${key}`;
      this.fields.add(field);
      const counts = this.countsOf(field);
      if (counts !== null) counts.filled++;
    }
  }

  private countsOf(name: string): Counts | null {
    const known = this.counts.get(name);
    if (known !== undefined) return known;
    if (this.counts.size >= maxColumns) return null;
    const counts = { filled: 0, content: 0, repeated: 0, sample: null };
    this.counts.set(name, counts);
    return counts;
  }

  private usedText(cells: RawRow['cells']): string {
    return [...this.roles.keys()].map((name) => textOf(cellOf(cells, name))).join('\n');
  }
}

/** Roles of each column of the file: by the mapping, by the columns that a layout makes, and by what else is read. */
function rolesOf(
  { columns, layout }: Mapping,
  names: readonly string[],
  besides: readonly (readonly [name: string, role: string])[],
): Map<string, string[]> {
  const roles = new Map<string, string[]>();
  const add = (name: string, role: string): void => {
    roles.set(name, [...(roles.get(name) ?? []), role]);
  };
  for (const role of textColumnRoles) {
    const column: TextColumns[typeof role] = columns[role];
    if (column === null) continue;
    const made = layout?.made.find(({ name }) => name === column);
    const own = made?.from.flatMap((name) => name ?? []) ?? severalColumns(column, names) ?? [column];
    for (const name of own) add(name, role);
  }
  for (const [name, role] of besides) if (!roles.has(name)) add(name, role);
  return roles;
}

/** The objects that a column is within: data and data.meta for data.meta.text. */
function outerNames(name: string): string[] {
  const parts = name.split('.').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('.'));
}

/** Fields of a message that have a value and are not read. */
function fieldsOf(turn: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(turn).filter((key) => !knownTurnKeys.has(key) && !isEmptyCell(turn[key]));
}

/** Names of the columns that are left out on purpose; `*` for all. */
function declaredUnused(options: ParameterValues): string[] {
  return String(options[unusedColumnsOption] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Returns true if a cell is something to learn from rather than a name, a number or a mark. */
function isContent(name: string, cell: unknown): boolean {
  if (contentNames.has(plain(name)))
    return textOf(cell).trim() !== '' || ArrayBuffer.isView(cell) || (isObject(cell) && !(cell instanceof Number));
  return hasWords(cell);
}

/** Returns true for a text of more than a few words, turns of a conversation, and what holds one of them. */
function hasWords(cell: unknown, depth = 0): boolean {
  if (typeof cell === 'string') return isLong(cell.slice(0, examinedCharacters));
  if (depth > 4 || typeof cell !== 'object' || cell === null || ArrayBuffer.isView(cell)) return false;
  if (isConversation(cell)) return true;
  return Object.values(cell).some((one) => hasWords(one, depth + 1));
}

function isLong(text: string): boolean {
  const words = text.match(/\p{L}{2,}/gu)?.length ?? 0;
  if (words >= fewWords && /\s/.test(text.trim())) return true;
  const unspaced = text.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}]/gu);
  return (unspaced?.length ?? 0) >= fewCharacters;
}

/** All texts of a cell, also within lists and objects. */
function textOf(cell: unknown, depth = 0): string {
  if (typeof cell === 'string') return cell;
  if (depth > 4 || ArrayBuffer.isView(cell) || cell instanceof Number) return '';
  if (Array.isArray(cell))
    return cell
      .slice(0, 100)
      .map((one) => textOf(one, depth + 1))
      .join('\n');
  if (!isObject(cell)) return '';
  return Object.values(cell)
    .map((one) => textOf(one, depth + 1))
    .join('\n');
}

/** Returns true if all of a text is in the used texts, or all used texts in it. */
function repeats(text: string, used: string): boolean {
  const lines = (whole: string) =>
    whole
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const [own, other] = [lines(text.slice(0, examinedCharacters * 10)), lines(used.slice(0, examinedCharacters * 10))];
  return (
    own.every((line) => used.includes(line)) ||
    (other.join('').length >= minUsedCharacters && other.every((line) => text.includes(line)))
  );
}

function sampleOf(cell: unknown): string | null {
  const text = textOf(cell).replaceAll(/\s+/g, ' ').trim();
  if (text === '') return null;
  return text.length > sampleCharacters ? `${text.slice(0, sampleCharacters - 1)}…` : text;
}
