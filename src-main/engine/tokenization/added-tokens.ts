import type { BoundedNormalizer } from './bounded-normalizer.ts';
import type { AddedToken } from './tokenizer-schema.ts';

/** An added token found in a text, or the text between two. */
export type Section = { readonly id: number } | { readonly text: string; readonly isFirst: boolean };

/** A stretch of a text that is normalized as one, by its places in UTF-16, and what it consists of then. */
export interface NormalizedPart {
  readonly start: number;
  readonly end: number;
  /** Null where the stretch is an added token. */
  readonly normalized: string | null;
  /** Each with its place in the normalized text. */
  readonly sections: readonly { readonly section: Section; readonly start: number; readonly end: number }[];
}

/** Finds the tokens that were added to a vocabulary, before any other processing of a text, as the Rust library does. */
export class AddedTokens {
  private readonly literal: Trie;
  private readonly normalized: Trie;
  private readonly normalizer: BoundedNormalizer | null;

  constructor(tokens: readonly AddedToken[], normalizer: BoundedNormalizer | null) {
    this.normalizer = normalizer;
    const isNormalized = ({ normalized, special }: AddedToken) => normalized ?? !special;
    this.literal = new Trie(tokens.filter((token) => !isNormalized(token)).map((token) => [token.content, token]));
    this.normalized = new Trie(
      tokens.filter(isNormalized).map((token) => [normalizer?.normalize(token.content) ?? token.content, token]),
    );
  }

  /** Tokens, and the normalized text between them. */
  split(text: string): Section[] {
    return this.parts(text).flatMap(({ sections }) => sections.map(({ section }) => section));
  }

  /** The same with the places of everything. */
  parts(text: string): NormalizedPart[] {
    let isFirst = true;
    return this.literal.split(text).map(({ start, end, ...part }): NormalizedPart => {
      const normalized = 'id' in part ? null : (this.normalizer?.normalize(part.text) ?? part.text);
      if (isFirst && normalized !== null) isFirst = this.normalizer?.dropsStart(text) !== true;
      const found = normalized === null ? [{ ...part, start: 0, end: 0 }] : this.normalized.split(normalized);
      const sections = found.map((own) => {
        const section: Section = 'id' in own ? { id: own.id } : { text: own.text, isFirst };
        isFirst = false;
        return { section, start: own.start, end: own.end };
      });
      return { start, end, normalized, sections };
    });
  }
}

/** Nearly every node of a long token has one child: a map for each would take five times the memory. */
class Node {
  token: AddedToken | null = null;
  private unit = -1;
  private only: Node | null = null;
  private others: Map<number, Node> | null = null;

  at(unit: number): Node | undefined {
    if (unit === this.unit) return this.only ?? undefined;
    return this.others?.get(unit);
  }

  atOrNew(unit: number): Node {
    const known = this.at(unit);
    if (known !== undefined) return known;
    const made = new Node();
    if (this.only === null) {
      this.unit = unit;
      this.only = made;
    } else {
      this.others ??= new Map();
      this.others.set(unit, made);
    }
    return made;
  }
}

type Part = ({ readonly id: number } | { readonly text: string }) & { readonly start: number; readonly end: number };

class Trie {
  private readonly root = new Node();

  /** If two tokens have the same text, the later one wins. */
  constructor(tokens: readonly (readonly [content: string, token: AddedToken])[]) {
    for (const [content, token] of tokens) {
      if (content === '') continue;
      let node = this.root;
      for (let at = 0; at < content.length; at++) node = node.atOrNew(content.charCodeAt(at));
      node.token = token;
    }
  }

  /** The leftmost token, of several there the longest, and so on. */
  split(text: string): Part[] {
    const parts: Part[] = [];
    let done = 0;
    for (let at = 0; at < text.length; ) {
      const found = this.longestAt(text, at);
      if (found === null) {
        at++;
        continue;
      }
      const { token, end } = found;
      if (!token.single_word || standsAlone(text, at, end)) {
        const start = token.lstrip ? Math.max(done, spacesBefore(text, at)) : Math.max(done, at);
        if (start > done) parts.push({ text: text.slice(done, start), start: done, end: start });
        done = token.rstrip ? spacesAfter(text, end) : end;
        parts.push({ id: token.id, start, end: done });
      }
      at = end;
    }
    if (done < text.length) parts.push({ text: text.slice(done), start: done, end: text.length });
    return parts;
  }

  private longestAt(text: string, start: number): { readonly token: AddedToken; readonly end: number } | null {
    let found: { token: AddedToken; end: number } | null = null;
    let node: Node | undefined = this.root;
    for (let at = start; at < text.length; ) {
      node = node.at(text.charCodeAt(at++));
      if (node === undefined) break;
      if (node.token !== null) found = { token: node.token, end: at };
    }
    return found;
  }
}

/** Equivalent of Rust's \w. */
const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const endsWithWord = new RegExp(`${wordCharacter.source}$`, 'u');
const startsWithWord = new RegExp(`^${wordCharacter.source}`, 'u');
const space = /\p{White_Space}/u;

function standsAlone(text: string, start: number, end: number): boolean {
  return (
    !endsWithWord.test(text.slice(Math.max(0, start - 2), start)) && !startsWithWord.test(text.slice(end, end + 2))
  );
}

function spacesBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && space.test(text.charAt(start - 1))) start--;
  return start;
}

function spacesAfter(text: string, start: number): number {
  let end = start;
  while (end < text.length && space.test(text.charAt(end))) end++;
  return end;
}
