import { ByteFallbackDecoder, SequenceDecoder, SequenceNormalizer, Tokenizer, Unigram } from '@huggingface/tokenizers';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { WorkClock } from '../../files/work-clock.ts';
import { AddedTokens } from './added-tokens.ts';
import { BertNormalizer } from './bert-normalizer.ts';
import { BoundedNormalizer } from './bounded-normalizer.ts';
import { ByteFallback } from './byte-fallback.ts';
import { type Encoding, PostProcessor } from './post-processor.ts';
import { decoderStage, normalizerStage, preTokenizerStages } from './pre-tokenizers.ts';
import { PrecompiledNormalizer } from './precompiled-normalizer.ts';
import { type Span, TextAlignment, withoutSpaces } from './text-alignment.ts';
import { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.ts';
import type { AddedToken, Stage } from './tokenizer-schema.ts';
import { type TruncationStrategy, truncate } from './truncation.ts';
import { unicodeNormalizer } from './unicode-normalizers.ts';
import { UnigramSegmenter } from './unigram-segmenter.ts';
import { placesInWord, WordFinder, type WordForm } from './word-pieces.ts';

/** For the file's regular expressions, which may backtrack without end, beside what each text gives. */
const MAX_MILLISECONDS = 5_000;
/** The slowest published tokenizers take a tenth of this. */
const MILLISECONDS_PER_CHARACTER = 0.05;

export interface EncodeOptions {
  readonly pair?: string | undefined;
  readonly addSpecialTokens?: boolean;
  /** Maximum number of tokens, special tokens included; without it nothing is truncated. */
  readonly maxLength?: number;
  readonly truncation?: TruncationStrategy;
}

/** Token ids of a text in words, and the first token of each word that has any and is not cut off. */
export interface WordEncoding extends Encoding {
  readonly starts: readonly { readonly word: number; readonly token: number }[];
  readonly isCut: boolean;
}

/** Token ids of a text without special tokens, and the characters that each stands for, without white space around them. */
export interface PlacedEncoding {
  readonly ids: readonly number[];
  readonly spans: readonly Span[];
}

/** Encodings padded to the same length, row by row. */
export interface PaddedBatch {
  readonly batch: number;
  readonly tokens: number;
  readonly inputIds: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: Int32Array;
  readonly tokenTypeIds: Int32Array;
}

export interface SpecialToken {
  readonly content: string;
  readonly id: number;
}
type SpecialName = 'bos' | 'eos' | 'unk' | 'sep' | 'pad' | 'cls' | 'mask';

/**
 * A model's own tokenizer: text to token ids and back, as Transformers has it. Splitting, normalizing and the vocabulary
 * are `@huggingface/tokenizers`'s; special tokens, truncation and padding are done here on ids.
 */
export class TextTokenizer {
  readonly files: TokenizerFiles;
  private readonly core: Tokenizer;
  private readonly addedTokens: AddedTokens;
  private readonly postProcessor: PostProcessor;
  /**
   * Only regular expressions of the file itself could run without end, and the guard costs more than tokenizing a short
   * text.
   */
  private readonly mayLoop: { readonly encoding: boolean; readonly decoding: boolean };
  private readonly clock: WorkClock;
  private alignment: TextAlignment | null = null;

  /**
   * @param clock of all that is done with the tokenizer; a text adds to it by its length.
   * @throws StudioError invalid_file if the parts of tokenizer.json are inconsistent.
   */
  constructor(files: TokenizerFiles, clock: WorkClock = new WorkClock(MAX_MILLISECONDS)) {
    this.files = files;
    this.clock = clock;
    this.postProcessor = new PostProcessor(files.tokenizer.post_processor);
    const { normalizer, pre_tokenizer, decoder } = files.tokenizer;
    this.mayLoop = {
      encoding: [...normalizer, ...pre_tokenizer].some((stage) => 'pattern' in stage),
      decoding: decoder.some((stage) => stage.type === 'Replace' && 'Regex' in stage.pattern),
    };
    const added = addedTokensOf(files);
    const { core, normalizer: bounded } = this.guarded(false, 0, () => madeCore(files, added));
    this.core = core;
    this.addedTokens = this.guarded(this.mayLoop.encoding, 0, () => new AddedTokens(added, bounded));
  }

  /** The token of tokenizer_config.json with that role; null if it names none, or one that is not in the vocabulary. */
  special(name: SpecialName): SpecialToken | null {
    const content = this.files.config[`${name}_token`];
    const id = content === null ? undefined : this.core.token_to_id(content);
    return content === null || id === undefined ? null : { content, id };
  }

  /** Id of a token by its text or its spelling in the vocabulary; null if it has none. */
  idOf(token: string): number | null {
    return this.core.token_to_id(token) ?? null;
  }

  /** Spelling of a token in the vocabulary, e.g. Ġthe, ▁the or ##ing; empty for an unknown id. */
  spelling(id: number): string {
    return this.core.id_to_token(id) ?? '';
  }

  /** Ids of all special tokens but these. */
  specialIdsBeside(kept: readonly string[]): ReadonlySet<number> {
    const others = addedTokensOf(this.files).filter(({ special, content }) => special && !kept.includes(content));
    return new Set(others.map(({ id }) => id));
  }

  /** Id that rows are padded with: the padding token, else the end token, else 0. */
  get paddingId(): number {
    return (this.special('pad') ?? this.special('eos'))?.id ?? 0;
  }

  /** @throws StudioError refused if a regular expression of the tokenizer does not terminate. */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    return this.guarded(this.mayLoop.encoding, text.length, () => this.encodeOne(text, options));
  }

  /**
   * A text that is given in words, each tokenized by itself as Transformers does with `is_split_into_words` (and, for byte-level
   * vocabularies, `add_prefix_space`). @throws StudioError as `encode`
   */
  encodeWords(words: readonly string[], { maxLength }: Pick<EncodeOptions, 'maxLength'> = {}): WordEncoding {
    const characters = words.reduce((sum, { length }) => sum + length, 0);
    return this.guarded(this.mayLoop.encoding, characters, () => this.encodeSplit(words, maxLength));
  }

  /** The tokens of a text with their places in it. @throws StudioError as `encode` */
  encodePlaced(text: string): PlacedEncoding {
    return this.guarded(this.mayLoop.encoding, text.length, () => this.placed(text));
  }

  /** Special tokens in a pair of texts, and of these the ones before the second text. */
  get pairTokens(): { readonly all: number; readonly beforeSecond: number } {
    return { all: this.postProcessor.addedTokens(true), beforeSecond: this.postProcessor.beforeSecond };
  }

  /** A pair of texts that are tokens already, with the special tokens. */
  joinPair(first: readonly number[], second: readonly number[]): Encoding {
    return this.postProcessor.process(first, second, true);
  }

  /** Works like `encode`, for many texts at once. */
  encodeAll(texts: readonly string[], options: EncodeOptions = {}): Encoding[] {
    const characters = texts.reduce((sum, { length }) => sum + length, 0);
    return this.guarded(this.mayLoop.encoding, characters, () => texts.map((text) => this.encodeOne(text, options)));
  }

  /** Pads to the longest with `paddingId`. */
  pad(encodings: readonly Encoding[], side: 'left' | 'right' = this.files.config.padding_side ?? 'right'): PaddedBatch {
    const batch = encodings.length;
    const tokens = encodings.reduce((longest, { ids }) => Math.max(longest, ids.length), 0);
    const inputIds = new Int32Array(batch * tokens).fill(this.paddingId);
    const attentionMask = new Int32Array(batch * tokens);
    const tokenTypeIds = new Int32Array(batch * tokens);
    for (const [row, { ids, typeIds }] of encodings.entries()) {
      const start = row * tokens + (side === 'left' ? tokens - ids.length : 0);
      inputIds.set(ids, start);
      tokenTypeIds.set(typeIds, start);
      attentionMask.fill(1, start, start + ids.length);
    }
    return { batch, tokens, inputIds, attentionMask, tokenTypeIds };
  }

  /** Unknown ids decode to nothing. */
  decode(ids: readonly number[], { skipSpecialTokens = false }: { skipSpecialTokens?: boolean } = {}): string {
    const known = ids.filter((id) => this.core.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    return this.guarded(this.mayLoop.decoding, known.length, () =>
      this.core.decode(known, {
        skip_special_tokens: skipSpecialTokens,
        clean_up_tokenization_spaces: this.files.config.clean_up_tokenization_spaces ?? false,
      }),
    );
  }

  private encodeOne(text: string, options: EncodeOptions): Encoding {
    const { pair, addSpecialTokens = true, maxLength, truncation = 'longest_first' } = options;
    const first = this.idsOf(text);
    const second = pair === undefined ? null : this.idsOf(pair);
    if (maxLength === undefined) return this.postProcessor.process(first, second, addSpecialTokens);
    const room = maxLength - (addSpecialTokens ? this.postProcessor.addedTokens(second !== null) : 0);
    if (room < 0)
      throw new StudioError(
        'invalid_input',
        `A text cannot be cut to ${maxLength} tokens: the special tokens alone are ${maxLength - room}.`,
      );
    const side = this.files.config.truncation_side ?? 'right';
    const cut = truncate(first, second, { room, strategy: truncation, side });
    return this.postProcessor.process(cut.first, cut.second, addSpecialTokens);
  }

  private encodeSplit(words: readonly string[], maxLength = Number.POSITIVE_INFINITY): WordEncoding {
    const spaced = this.files.tokenizer.pre_tokenizer.some((stage) => stage.type === 'ByteLevel');
    const ids: number[] = [];
    const wordOf: number[] = [];
    for (const [index, word] of words.entries())
      for (const id of this.idsOf(spaced && !word.startsWith(' ') ? ` ${word}` : word)) {
        ids.push(id);
        wordOf.push(index);
      }
    const room = Math.max(0, maxLength - this.postProcessor.addedTokens(false));
    const start = this.files.config.truncation_side === 'left' ? Math.max(0, ids.length - room) : 0;
    const encoding = this.postProcessor.process(ids.slice(start, start + room), null, true);
    const { leading } = this.postProcessor;
    const starts = [...wordOf.entries()].flatMap(([at, word]) => {
      const isFirst = at === 0 || wordOf[at - 1] !== word;
      return isFirst && at >= start && at < start + room ? [{ word, token: leading + at - start }] : [];
    });
    return { ...encoding, starts, isCut: ids.length > room };
  }

  private idsOf(text: string): number[] {
    return this.addedTokens
      .split(text)
      .flatMap((section) =>
        'id' in section
          ? section.id
          : this.wordsOf(section).flatMap((word) => this.tokensOf(word).flatMap((token) => this.idsOfToken(token))),
      );
  }

  private wordsOf({ text, isFirst }: { readonly text: string; readonly isFirst: boolean }): readonly string[] {
    // The package puts Metaspace's first mark into the section with the index 0 alone.
    return this.core.pre_tokenizer?.(text, { section_index: isFirst ? 0 : 1 }) ?? [text];
  }

  /** Word by word: the package would fuse unknown tokens across words. */
  private tokensOf(word: string): readonly string[] {
    return this.core.model?.([word]) ?? [];
  }

  private idsOfToken(token: string): number | number[] {
    const { type, byte_fallback } = this.files.tokenizer.model;
    return (
      this.core.token_to_id(token) ??
      // The package lacks the byte fallback of unigram models.
      (type === 'Unigram' && byte_fallback ? this.bytesOf(token) : null) ??
      this.core.model?.unk_token_id ??
      []
    );
  }

  private placed(text: string): PlacedEncoding {
    this.alignment ??= new TextAlignment((letter) => this.core.normalizer?.normalize(letter) ?? letter);
    const ids: number[] = [];
    const spans: Span[] = [];
    const add = (id: number, start: number, end: number) => {
      ids.push(id);
      spans.push(withoutSpaces(text, { start, end }));
    };
    const form = this.wordForm();
    for (const { start, end, normalized, sections } of this.addedTokens.parts(text)) {
      const aligned = normalized === null ? [] : this.alignment.align(text.slice(start, end), normalized);
      /** From the first of some units of the normalized text to the last. */
      const place = (from: number, to: number) => ({
        start: start + (aligned[from]?.start ?? (normalized === null ? 0 : end - start)),
        end: start + (aligned[Math.max(from, to - 1)]?.end ?? end - start),
      });
      for (const { section, start: from, end: to } of sections) {
        if ('id' in section) {
          const own = normalized === null ? { start, end } : place(from, to);
          add(section.id, own.start, own.end);
          continue;
        }
        const finder = new WordFinder(section.text, form);
        for (const word of this.wordsOf(section)) {
          const units = finder.next(word);
          const tokens = this.tokensOf(word);
          for (const [index, { start: first, end: last }] of placesInWord(word, tokens, form).entries()) {
            const own = covered(units.slice(first, Math.max(last, first + 1)));
            const whole = own === null ? place(to, to) : place(from + own.start, from + own.end);
            const stop = own !== null && own.start === own.end ? whole.start : whole.end;
            for (const id of [this.idsOfToken(tokens[index] ?? '')].flat()) add(id, whole.start, stop);
          }
        }
      }
    }
    return { ids, spans };
  }

  private wordForm(): WordForm {
    const { pre_tokenizer, model } = this.files.tokenizer;
    return {
      areBytes: pre_tokenizer.some(({ type }) => type === 'ByteLevel'),
      continuing: model.type === 'WordPiece' ? model.continuing_subword_prefix : '',
      ending: (model.type === 'BPE' ? model.end_of_word_suffix : null) ?? '',
    };
  }

  private bytesOf(token: string): number[] | null {
    const ids = [...Buffer.from(token)].map((byte) =>
      this.core.token_to_id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    return ids.every((id) => id !== undefined) ? ids : null;
  }

  private guarded<Result>(mayLoop: boolean, characters: number, run: () => Result): Result {
    const { file } = this.files;
    try {
      this.clock.grant(1 + characters * MILLISECONDS_PER_CHARACTER);
      return mayLoop ? this.clock.run(file, run) : run();
    } catch (thrown) {
      if (thrown instanceof StudioError) throw thrown;
      throw new StudioError(
        'invalid_file',
        `${file} cannot be used: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
        'Copy or download the file again; it must be the one that Transformers wrote for this model.',
      );
    }
  }
}

/** From the start of the first stretch that is not empty to the end of the last; null of none. */
function covered(units: readonly Span[]): Span | null {
  const own = units.filter(({ start, end }) => end > start);
  const [first, last] = [own[0] ?? units[0], own.at(-1) ?? units.at(-1)];
  return first === undefined || last === undefined ? null : { start: first.start, end: last.end };
}

/** @throws StudioError invalid_file naming the file and the key. */
export async function loadTokenizer(directory: string): Promise<TextTokenizer> {
  return new TextTokenizer(await readTokenizerFiles(directory));
}

/** The package's tokenizer, and its normalizer as the studio applies it; null without one. */
function madeCore(
  files: TokenizerFiles,
  added: readonly AddedToken[],
): { readonly core: Tokenizer; readonly normalizer: BoundedNormalizer | null } {
  const core = new Tokenizer(forPackage(files, added), {});
  const { decoder, model, normalizer } = core;
  if (model instanceof Unigram) {
    const segmenter = new UnigramSegmenter(model);
    model.encode = (words) => words.flatMap((word) => segmenter.tokens(word));
  }
  let bounded: BoundedNormalizer | null = null;
  if (normalizer instanceof SequenceNormalizer) {
    const stages = normalizer.normalizers.map((stage, index) => {
      const original = files.tokenizer.normalizer[index];
      if (original?.type === 'BertNormalizer') return new BertNormalizer(original);
      const own = original && unicodeNormalizer(original);
      if (own) return own;
      if (original?.type !== 'Precompiled' || stage === null) return stage;
      return new PrecompiledNormalizer(files.file, original.precompiled_charsmap ?? '');
    });
    bounded = new BoundedNormalizer(
      files.file,
      stages.filter((stage) => stage !== null),
    );
    normalizer.normalizers = [bounded];
  }
  if (!(decoder instanceof SequenceDecoder)) return { core, normalizer: bounded };
  decoder.decoders = decoder.decoders.map((stage) =>
    stage instanceof ByteFallbackDecoder ? new ByteFallback({ type: 'ByteFallback' }) : stage,
  );
  // The package passes the added tokens to the outermost decoder only; byte-level decoding must not change their text.
  for (const stage of decoder.decoders) stage.added_tokens = decoder.added_tokens;
  return { core, normalizer: bounded };
}

/** Tokens of tokenizer.json, and those that are only in tokenizer_config.json. */
export function addedTokensOf({ tokenizer, config }: TokenizerFiles): AddedToken[] {
  const known = new Set(tokenizer.added_tokens.map(({ id }) => id));
  const more = Object.entries(config.added_tokens_decoder)
    .map(([id, token]) => ({ ...token, id: Number(id) }))
    .filter(({ id }) => Number.isSafeInteger(id) && id >= 0 && id <= 0xff_ffff && !known.has(id));
  return [...tokenizer.added_tokens, ...more];
}

/** tokenizer.json as stages with which the package agrees with the Rust library. */
function forPackage({ tokenizer }: TokenizerFiles, added: readonly AddedToken[]): object {
  return {
    added_tokens: added,
    normalizer: sequence('normalizers', tokenizer.normalizer.map(normalizerStage)),
    pre_tokenizer: sequence('pretokenizers', tokenizer.pre_tokenizer.flatMap(preTokenizerStages)),
    post_processor: null,
    decoder: sequence('decoders', tokenizer.decoder.map(decoderStage)),
    model: tokenizer.model,
  };
}

function sequence(key: string, stages: readonly Stage[]): object | null {
  return stages.length === 0 ? null : { type: 'Sequence', [key]: stages };
}
