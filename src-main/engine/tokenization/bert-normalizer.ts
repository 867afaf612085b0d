import { Normalizer } from '@huggingface/tokenizers';
import { formerMarks, laterDecompositions, laterFormats, laterMarks } from './unicode-8.ts';

/** The blocks of CJK ideographs that BERT knows, with the start of extension E as in the Rust library. */
const ideograph =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;
const dropped = expression(String.raw`(?![\t\n\r])[\0\x{FFFD}\p{Cc}\p{Cf}\p{Co}](?<![${laterFormats}])`);
const space = /\p{White_Space}/gu;
const accent = expression(String.raw`\p{Mn}(?<![${laterMarks}])|[${formerMarks}]`);
const undecomposed = expression(`([${laterDecompositions}])`);
/** JavaScript lowercases it differently at the end of a word; the Rust library ignores the context. */
const sigma = /\u03A3/g;

export interface BertNormalizerOptions {
  readonly clean_text?: boolean | null | undefined;
  readonly handle_chinese_chars?: boolean | null | undefined;
  /** By default, accents are stripped if text is lowercased. */
  readonly strip_accents?: boolean | null | undefined;
  readonly lowercase?: boolean | null | undefined;
}

/** A character is \x{…}, as in all expressions for tokenizers. */
function expression(source: string): RegExp {
  return new RegExp(source.replaceAll(String.raw`\x{`, String.raw`\u{`), 'gu');
}

/** BERT's normalizer as in the Rust library, character for character; the package's misses ideographs beyond the basic plane. */
export class BertNormalizer extends Normalizer {
  private readonly options: BertNormalizerOptions;

  constructor(options: BertNormalizerOptions) {
    super({ type: 'BertNormalizer' });
    this.options = options;
  }

  override normalize(text: string): string {
    const { clean_text, handle_chinese_chars, strip_accents, lowercase } = this.options;
    let normalized = text;
    if (clean_text) normalized = normalized.replace(dropped, '').replace(space, ' ');
    if (handle_chinese_chars) normalized = normalized.replace(ideograph, ' $& ');
    if (strip_accents ?? lowercase) normalized = decomposed(normalized).replace(accent, '');
    return lowercase ? normalized.replace(sigma, '\u03C3').toLowerCase() : normalized;
  }
}

function decomposed(text: string): string {
  const parts = text.split(undecomposed);
  return parts.map((part, index) => (index % 2 === 0 ? part.normalize('NFD') : part)).join('');
}
