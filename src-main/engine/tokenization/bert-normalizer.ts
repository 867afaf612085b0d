import { Normalizer } from '@huggingface/tokenizers';

/** The blocks of CJK ideographs that BERT knows, with the Rust library's own begin of extension E. */
const ideograph =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;
const dropped = /(?![\t\n\r])[\0\uFFFD\p{Cc}\p{Cf}\p{Co}]/gu;
const space = /\p{White_Space}/gu;
const accent = /\p{Mn}/gu;
/** JavaScript makes another letter of it at the end of a word, the Rust library does not look beyond the letter. */
const sigma = /\u03A3/g;

export interface BertNormalizerOptions {
  readonly clean_text?: boolean | null | undefined;
  readonly handle_chinese_chars?: boolean | null | undefined;
  /** Where it is left open, accents go where capitals do. */
  readonly strip_accents?: boolean | null | undefined;
  readonly lowercase?: boolean | null | undefined;
}

/**
 * BERT's normalizer as the Rust library has it; the package's misses ideographs beyond the first plane. That library takes marks
 * and format characters from Unicode 8: the few hundred that came later, of rare scripts, are as in today's Unicode here.
 */
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
    if (strip_accents ?? lowercase) normalized = normalized.normalize('NFD').replace(accent, '');
    return lowercase ? normalized.replace(sigma, '\u03C3').toLowerCase() : normalized;
  }
}
