/** Characters of a text that its pieces stand for, by UTF-16 places; `end` is excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A letter with its marks, or jamo that make one syllable: what a normalizer may join. */
const cluster = /[\u1100-\u11FF]+\p{M}*|\P{M}\p{M}*|\p{M}+/gu;
const space = /^\p{White_Space}+$/u;
/** Spaces as normalizers write them. */
const written = /[\p{White_Space}▁]/u;
/** Maximum distance to the next matching letter after a normalizer's insertion. */
const lookahead = 32;
const maxKept = 4096;

/** Maps each character of a normalized text to its origin in the original, like the Rust library. */
export class TextAlignment {
  private readonly normalize: (text: string) => string;
  /** Normalized form of each letter. */
  private readonly known = new Map<string, string>();

  constructor(normalize: (text: string) => string) {
    this.normalize = normalize;
  }

  /** For each UTF-16 unit of the normalized text, the characters of the original. */
  align(original: string, normalized: string): readonly Span[] {
    if (isUnmoved(original, normalized))
      return Array.from({ length: normalized.length }, (_, at) => ({ start: at, end: at + 1 }));
    const spans = new Array<Span>(normalized.length);
    let at = 0;
    for (const { 0: letter, index } of original.matchAll(cluster)) {
      const span = { start: index, end: index + letter.length };
      const place = this.find(letter, normalized, at);
      if (place === null) continue;
      // Characters that a normalizer inserted belong to none of the original.
      for (; at < place.start; at++) spans[at] = { start: index, end: index };
      const isKept = normalized.slice(place.start, place.end) === letter;
      for (; at < place.end; at++) spans[at] = isKept ? codePoint(letter, at - place.start, index) : span;
    }
    for (; at < normalized.length; at++) spans[at] = { start: original.length, end: original.length };
    return spans;
  }

  private find(letter: string, normalized: string, at: number): Span | null {
    if (space.test(letter)) {
      // A space may be dropped, or be part of what is put around an ideograph.
      return written.test(normalized.charAt(at)) ? { start: at, end: at + 1 } : null;
    }
    const whole = this.alone(letter);
    const bare = whole.replace(/^[\p{White_Space}▁]+|[\p{White_Space}▁]+$/gu, '');
    for (const piece of [whole, bare, letter])
      if (piece !== '' && normalized.startsWith(piece, at)) return { start: at, end: at + piece.length };
    if (bare === '') return null;
    const later = normalized.slice(at, at + lookahead).indexOf(bare);
    return later < 0 ? null : { start: at + later, end: at + later + bare.length };
  }

  private alone(letter: string): string {
    const known = this.known.get(letter);
    if (known !== undefined) return known;
    const made = this.normalize(letter);
    if (this.known.size < maxKept) this.known.set(letter, made);
    return made;
  }
}

/** The character of a text that a unit of it belongs to, `start` further on. */
function codePoint(text: string, unit: number, start: number): Span {
  const first = isLow(text, unit) ? unit - 1 : unit;
  return { start: start + first, end: start + first + (isLow(text, first + 1) ? 2 : 1) };
}

function isLow(text: string, unit: number): boolean {
  const code = text.charCodeAt(unit);
  return code >= 0xdc00 && code < 0xe000;
}

/** Returns true if every character keeps its position: only case and the kind of space differ. */
function isUnmoved(original: string, normalized: string): boolean {
  if (original === normalized) return true;
  if (original.length !== normalized.length) return false;
  for (let at = 0; at < original.length; at++) {
    const [own, other] = [original.charCodeAt(at), normalized.charCodeAt(at)];
    if (own === other) continue;
    const isCase = own >= 0x41 && own <= 0x5a && other === own + 0x20;
    const isSpace = own >= 0x09 && own <= 0x0d && other === 0x20;
    if (!isCase && !isSpace) return false;
  }
  return true;
}

/** `span` without the white space at either end, which some vocabularies count as part of a token. */
export function withoutSpaces(text: string, { start, end }: Span): Span {
  let [from, to] = [start, end];
  while (from < to && space.test(text.charAt(from))) from++;
  while (to > from && space.test(text.charAt(to - 1))) to--;
  return { start: from, end: to };
}
