import { Normalizer } from '@huggingface/tokenizers';

/** The blocks of CJK ideographs that BERT knows, with the start of extension E as in the Rust library. */
const ideograph =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;
const dropped = /(?![\t\n\r])[\0\uFFFD\p{Cc}\p{Cf}\p{Co}]/gu;
const space = /\p{White_Space}/gu;
const accent = /\p{Mn}/gu;
/** JavaScript lowercases it differently at the end of a word; the Rust library ignores the context. */
const sigma = /\u03A3/g;

export interface BertNormalizerOptions {
  readonly clean_text?: boolean | null | undefined;
  readonly handle_chinese_chars?: boolean | null | undefined;
  /** By default, accents are stripped if text is lowercased. */
  readonly strip_accents?: boolean | null | undefined;
  readonly lowercase?: boolean | null | undefined;
}

/**
 * BERT's normalizer as in the Rust library; the package's misses ideographs beyond the basic plane. The Rust library uses
 * the marks and format characters of Unicode 8; the few hundred added since, of rare scripts, are included here.
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
