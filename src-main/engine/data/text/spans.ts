import { isObject } from './raw-row.ts';

/** An entity in a text, by its UTF-16 places; the end is the place after its last unit. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** Maximum spans of a text: checking them for overlaps stays fast. */
const maxSpans = 10_000;

/** Words, numbers, and single signs. */
const word = /[\p{L}\p{M}\p{N}]+(?:['’.,-](?=[\p{L}\p{N}])[\p{L}\p{M}\p{N}]+)*|[^\s]/gu;

/**
 * The spans of a cell: [start, end, label] of doccano and spaCy, [label, start, end] of Argilla, or objects with start
 * and end (or start_offset, begin) and a label or labels. Null for anything else.
 */
export function spansIn(cell: unknown): Span[] | null {
  if (!Array.isArray(cell) || cell.length > maxSpans) return null;
  const spans = cell.flatMap((item) => spanOf(item) ?? []);
  return spans.length === cell.length ? spans : null;
}

function spanOf(item: unknown): Span | null {
  if (Array.isArray(item)) {
    const numbers = item.filter((part): part is number => Number.isInteger(part));
    const label = item.find((part) => typeof part === 'string');
    const [start, end] = numbers;
    return start === undefined || end === undefined || label === undefined ? null : { start, end, label };
  }
  if (!isObject(item)) return null;
  const start = item['start'] ?? item['start_offset'] ?? item['begin'];
  const end = item['end'] ?? item['end_offset'];
  const { labels } = item;
  const label = item['label'] ?? item['type'] ?? (Array.isArray(labels) ? labels[0] : undefined);
  if (typeof label !== 'string' || label === '') return null;
  const [first, last] = [Number(start), Number(end)];
  return start === undefined || end === undefined || !Number.isInteger(first) || !Number.isInteger(last)
    ? null
    : { start: first, end: last, label };
}

/**
 * The words of a text with their tags in IOB2: a word ends where an entity begins or ends. A string is the problem.
 * @param spans by characters of Unicode, as Python counts them
 */
export function taggedWords(text: string, spans: readonly Span[]): { words: string[]; tags: string[] } | string {
  const unitOf = unitsOf(text);
  const placed: Span[] = [];
  for (const { start, end, label } of spans) {
    if (start < 0 || end <= start || end > unitOf.length - 1)
      return `the entity ${label} from ${start} to ${end} is not in its text: correct its place`;
    placed.push({ start: unitOf[start] ?? 0, end: unitOf[end] ?? 0, label });
  }
  placed.sort((one, other) => one.start - other.start || one.end - other.end);
  for (const [at, span] of placed.entries()) {
    const next = placed[at + 1];
    if (next !== undefined && next.start < span.end)
      return `the entities ${span.label} and ${next.label} overlap at "${text.slice(next.start, Math.min(span.end, next.start + 40))}": tags give each word one of them, so keep one`;
  }
  const words: string[] = [];
  const tags: string[] = [];
  const add = (from: number, to: number, label: string | null): void => {
    let isFirst = true;
    for (const [found] of text.slice(from, to).matchAll(word)) {
      words.push(found);
      tags.push(label === null ? 'O' : `${isFirst ? 'B' : 'I'}-${label}`);
      isFirst = false;
    }
  };
  let from = 0;
  for (const { start, end, label } of placed) {
    add(from, start, null);
    if (text.slice(start, end).trim() === '')
      return `the entity ${label} from ${start} to ${end} has no word: correct its place`;
    add(start, end, label);
    from = end;
  }
  add(from, text.length, null);
  return words.length === 0 ? 'has no word' : { words, tags };
}

/** The UTF-16 place of each character of Unicode, and that of the end. */
function unitsOf(text: string): number[] {
  const units: number[] = [];
  for (let unit = 0; unit < text.length; unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1) units.push(unit);
  units.push(text.length);
  return units;
}
