import { byteSymbols } from './byte-symbols.ts';
import type { Span } from './text-alignment.ts';

/** Notation of a pre-tokenizer's words, and of the tokens that a model makes of one. */
export interface WordForm {
  /** Each character of a word is a byte of its UTF-8 (GPT-2). */
  readonly areBytes: boolean;
  /** Prefix of a token that continues a word, e.g. ##. */
  readonly continuing: string;
  /** Suffix of a token that ends a word, e.g. </w>. */
  readonly ending: string;
}

/** Finds the words of a pre-tokenizer in the text that they were made of, one after the other. */
export class WordFinder {
  private readonly text: string;
  private readonly units: readonly Span[];
  private readonly symbols: readonly string[];
  private at = 0;

  constructor(text: string, { areBytes }: WordForm) {
    this.text = text;
    if (!areBytes) {
      this.symbols = text.split('');
      this.units = this.symbols.map((_, at) => ({ start: at, end: at + 1 }));
      return;
    }
    const [symbols, units]: [string[], Span[]] = [[], []];
    let start = 0;
    for (const character of text) {
      const span = { start, end: start + character.length };
      for (const byte of Buffer.from(character)) {
        symbols.push(byteSymbols[byte] ?? '');
        units.push(span);
      }
      start = span.end;
    }
    [this.symbols, this.units] = [symbols, units];
  }

  /** For each UTF-16 unit of the next word, the characters of the text; empty for what a pre-tokenizer has put in. */
  next(word: string): Span[] {
    return word.split('').map((symbol, place) => {
      const own = this.symbols[this.at];
      const isSpace = symbol === '▁' || symbol === byteSymbols[0x20];
      if (own === symbol || (symbol === '▁' && own === ' ')) return this.units[this.at++] ?? this.here();
      // A space before the first word, which the text does not have: the Rust library gives a mark the first character.
      if (place === 0 && isSpace) return symbol === '▁' ? (this.units[this.at] ?? this.here()) : this.here();
      const later = this.symbols.indexOf(symbol, this.at);
      if (later < 0) return this.here();
      this.at = later + 1;
      return this.units[later] ?? this.here();
    });
  }

  private here(): Span {
    const { start } = this.units[this.at] ?? { start: this.text.length };
    return { start, end: start };
  }
}

/**
 * For each token of a word, returns the units of the word that it covers. A token that spells none of them is unknown.
 */
export function placesInWord(word: string, tokens: readonly string[], form: WordForm): Span[] {
  const spelled = tokens.map((token, index) => spelling(token, index, form));
  const spans: Span[] = [];
  let at = 0;
  /** Bytes of the character at `at` that tokens have spelled. */
  let bytes = 0;
  for (const [index, text] of spelled.entries()) {
    if (word.startsWith(text, at) && text !== '' && bytes === 0) {
      spans.push({ start: at, end: at + text.length });
      at += text.length;
      continue;
    }
    const character = String.fromCodePoint(word.codePointAt(at) ?? 0x20);
    if (/^<0x[0-9A-F]{2}>$/.test(text)) {
      spans.push({ start: at, end: Math.min(word.length, at + character.length) });
      if (++bytes < Buffer.byteLength(character)) continue;
      [at, bytes] = [Math.min(word.length, at + character.length), 0];
      continue;
    }
    const next = spelled.slice(index + 1).find((later) => word.indexOf(later, at + 1) > at);
    const end = next === undefined ? word.length : word.indexOf(next, at + 1);
    spans.push({ start: at, end });
    at = end;
  }
  return spans;
}

function spelling(token: string, index: number, { continuing, ending }: WordForm): string {
  const own = index > 0 && continuing !== '' && token.startsWith(continuing) ? token.slice(continuing.length) : token;
  return ending !== '' && own.endsWith(ending) ? own.slice(0, -ending.length) : own;
}
