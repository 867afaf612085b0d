import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { splitMerges } from '../split-merges.ts';
import { type Piece, readSentencePieceModel, type SentencePieceModel } from './sentencepiece-model.ts';
import {
  type ConversionSettings,
  type ConvertedParts,
  genericClass,
  replace,
  specialToken,
  type TokenFlags,
  template,
  textA,
  textB,
} from './tokenizer-parts.ts';

/** The character for a space. */
const mark = '▁';
const spaced = replace({ String: ' ' }, mark);
const [unigram, bpe] = [1, 2];

type Form = (model: SentencePieceModel, settings: ConversionSettings) => ConvertedParts;

/**
 * Converts a SentencePiece model as Transformers 5 does for a class of tokenizers, whose settings may differ from the file's.
 * @throws StudioError invalid_file for another file, refused for a kind or a class that is not converted
 */
export function convertSentencePiece(
  file: string,
  bytes: Uint8Array,
  { className, settings }: { readonly className: string; readonly settings: ConversionSettings },
): ConvertedParts {
  const model = readSentencePieceModel(file, bytes);
  const { modelType, marksEnds } = model.trainer;
  const form = forms[className];
  if (form === undefined) throw refused(file, `tokenizers of the class ${className} are not converted`);
  if (modelType !== unigram && modelType !== bpe)
    throw refused(file, 'it has words or characters as its tokens, and only Unigram and BPE are converted');
  if (marksEnds) throw refused(file, 'it marks the ends of words ("treat_whitespace_as_suffix")');
  const kind = classKinds[className];
  if (kind !== undefined && kind !== modelType)
    throw refused(
      file,
      `${className} needs ${kind === bpe ? 'a BPE' : 'a Unigram'} model, and it is of the other kind`,
    );
  return form(model, settings);
}

/** Llama 2: spaces are marked before the pieces are merged, the first one even where the text has none. */
const llama: Form = (model, settings) => {
  const hasPrefix = settings.add_prefix_space ?? true;
  const scheme = settings.legacy === true ? 'always' : 'first';
  return {
    ...bpeParts(model, null),
    normalizer: null,
    pre_tokenizer: metaspace(hasPrefix ? scheme : 'never', false),
    decoder: bytesDecoder(hasPrefix),
    special: { bos: '<s>', eos: '</s>', unk: '<unk>' },
  };
};

/** Gemma: no space is put before a text. */
const gemma: Form = (model, settings) => ({
  ...bpeParts(model, settings.unk_token?.content ?? '<unk>'),
  normalizer: spaced,
  pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
  decoder: bytesDecoder(false),
  special: { bos: '<bos>', eos: '<eos>', unk: '<unk>', pad: '<pad>', mask: '<mask>' },
});

/** T5: sentinels follow the pieces. */
const t5: Form = (model, settings) => {
  const sentinels = Array.from({ length: settings.extra_ids }, (_, index) => `<extra_id_${index}>`);
  return {
    ...unigramParts(model, 2, [...model.pieces.map(scored), ...sentinels.map(unscored).reverse()]),
    ...wordsOf(charsmapStages(model)),
    added: [...addedPieces(model), ...sentinels.map(specialToken)],
    special: { eos: '</s>', unk: '<unk>', pad: '<pad>' },
    post_processor: (idOf) => {
      const end = { token: '</s>' };
      const single = [
        [textA, 0],
        [end, 0],
      ] as const;
      return template(single, [...single, [textB, 0], [end, 0]], idOf);
    },
  };
};

/** XLM-RoBERTa: the pieces follow four special tokens in another order than the file's. */
const xlmRoberta: Form = (model, settings) => {
  const named = [settings.bos_token, settings.pad_token, settings.eos_token, settings.unk_token];
  const usual = ['<s>', '<pad>', '</s>', '<unk>', '<mask>'] as const;
  const first = named.map((token, index) => token?.content ?? usual[index] ?? '');
  const mask = settings.mask_token?.content ?? usual[4];
  return {
    ...unigramParts(model, 3, [...first.map(unscored), ...model.pieces.slice(3).map(scored), unscored(mask)]),
    ...wordsOf(charsmapStages(model)),
    special: { bos: '<s>', eos: '</s>', unk: '<unk>', sep: '</s>', pad: '<pad>', cls: '<s>', mask: '<mask>' },
    post_processor: (idOf) => {
      const [start, end] = [{ token: first[0] ?? '' }, { token: first[2] ?? '' }];
      const single = [
        [start, 0],
        [textA, 0],
        [end, 0],
      ] as const;
      return template(single, [...single, [end, 0], [textB, 0], [end, 0]], idOf);
    },
  };
};

/** ALBERT: quotes, accents and case are removed before the file's own replacements. */
const albert: Form = (model, settings) => ({
  ...unigramParts(model, 1, model.pieces.map(scored)),
  ...wordsOf([
    replace({ String: '``' }, '"'),
    replace({ String: "''" }, '"'),
    ...(settings.keep_accents === true ? [] : [{ type: 'NFKD' }, { type: 'StripAccents' }]),
    ...(settings.do_lower_case === false ? [] : [{ type: 'Lowercase' }]),
    ...charsmapStages(model),
  ]),
  special: { bos: '[CLS]', eos: '[SEP]', unk: '<unk>', sep: '[SEP]', pad: '<pad>', cls: '[CLS]', mask: '[MASK]' },
  post_processor: separated,
});

/** DeBERTa-v2 and v3: white space is made single spaces. */
const debertaV2: Form = (model, settings) => ({
  ...unigramParts(model, model.trainer.unknownId, model.pieces.map(scored)),
  normalizer: {
    type: 'Sequence',
    normalizers: [
      ...(settings.do_lower_case === true ? [{ type: 'Lowercase' }] : []),
      replace({ Regex: String.raw`\s{2,}|[\n\r\t]` }, ' '),
      { type: 'NFC' },
      { type: 'Strip', strip_left: false, strip_right: true },
    ],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      ...(settings.split_by_punct === true ? [{ type: 'Punctuation', behavior: 'Isolated' }] : []),
      metaspace('always', true),
    ],
  },
  decoder: metaspace('always', true),
  special: { bos: '[CLS]', eos: '[SEP]', unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' },
  post_processor: separated,
});

/** Every other class (Mistral, Mixtral, Phi-3, StableLM): encodes as SentencePiece itself does by the file's settings. */
const asTheFileSays: Form = (model, settings) => {
  const { trainer, normalizer } = model;
  const isLegacy = settings.legacy ?? true;
  const hasPrefix = normalizer.addDummyPrefix;
  const parts = trainer.modelType === bpe ? ownBpeParts(model, settings) : ownUnigramParts(model);
  const isolated = [...parts.userDefined].sort((one, other) => codePoints(other) - codePoints(one)).map(escaped);
  return {
    ...parts,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...charsmapStages(model),
        ...(normalizer.removeExtraWhitespaces
          ? [replace({ Regex: String.raw`\A +| +\z` }, ''), replace({ Regex: ' {2,}' }, ' ')]
          : []),
        ...(normalizer.escapeWhitespaces ? [spaced] : []),
        ...(hasPrefix && isLegacy ? [replace({ Regex: String.raw`\A▁` }, mark + mark)] : []),
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        ...(hasPrefix ? [metaspace(isLegacy ? 'always' : 'first', false)] : []),
        ...(isolated.length > 0
          ? [{ type: 'Split', pattern: { Regex: isolated.join('|') }, behavior: 'Isolated', invert: false }]
          : []),
      ],
    },
    decoder: bytesDecoder(hasPrefix, trainer.byteFallback),
    added: parts.added.filter(({ content }) => !parts.userDefined.has(content)),
    findsAddedFirst: hasPrefix,
    special: {
      ...(trainer.bosId < 0 ? {} : { bos: trainer.bosPiece || '<s>' }),
      ...(trainer.eosId < 0 ? {} : { eos: trainer.eosPiece || '</s>' }),
      ...(trainer.unknownId < 0 ? {} : { unk: trainer.unknownPiece || '<unk>' }),
    },
  };
};

const forms: Readonly<Record<string, Form>> = {
  LlamaTokenizer: llama,
  GemmaTokenizer: gemma,
  T5Tokenizer: t5,
  XLMRobertaTokenizer: xlmRoberta,
  AlbertTokenizer: albert,
  DebertaV2Tokenizer: debertaV2,
  [genericClass]: asTheFileSays,
  PreTrainedTokenizer: asTheFileSays,
};
const classKinds: Readonly<Record<string, number>> = {
  LlamaTokenizer: bpe,
  GemmaTokenizer: bpe,
  T5Tokenizer: unigram,
  XLMRobertaTokenizer: unigram,
  AlbertTokenizer: unigram,
  DebertaV2Tokenizer: unigram,
};

/** BPE whose merges are ranked by the ids of their results. */
function bpeParts({ pieces }: SentencePieceModel, unknown: string | null) {
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  const tokens = [...ids].sort(([, one], [, other]) => one - other).map(([text]) => text);
  const merges = splitMerges(tokens, ids, 'by length');
  return {
    ids,
    model: bpeModel({ ids, merges, unknown, hasBytes: true, keepsTokens: false }),
    added: addedPieces({ pieces }),
    post_processor: null,
  };
}

/** BPE whose merges are ranked by the scores of their results, among normal pieces alone. */
function ownBpeParts({ pieces, trainer }: SentencePieceModel, settings: ConversionSettings) {
  const names = renamed(pieces, settings.added_tokens_decoder ?? {});
  const ids = new Map(names.map((name, id) => [name, id]));
  const ofKind = (kind: Piece['kind']) => [...ids].filter(([, id]) => pieces[id]?.kind === kind);
  const score = (id: number) => pieces[id]?.score ?? 0;
  const normal = ofKind('normal').sort(([, one], [, other]) => score(other) - score(one) || one - other);
  const userDefined = new Set(ofKind('user-defined').map(([name]) => name));
  const merges = splitMerges(
    normal.map(([name]) => name),
    new Map(normal),
    'by length',
  );
  const { unknownPiece: unknown, byteFallback: hasBytes } = trainer;
  return {
    ids,
    model: bpeModel({ ids, merges, unknown, hasBytes, keepsTokens: userDefined.size > 0 }),
    added: addedPieces({ pieces }),
    post_processor: null,
    userDefined,
  };
}

/** Names of pieces, with those that tokenizer_config.json gives to placeholders. */
function renamed(pieces: readonly Piece[], decoder: Readonly<Record<string, TokenFlags>>): string[] {
  const kept = new Set(pieces.filter((_, id) => decoder[id] === undefined).map(({ text }) => text));
  return pieces.map(({ text }, id) => {
    const name = decoder[id]?.content;
    return name === undefined || kept.has(name) ? text : name;
  });
}

function ownUnigramParts(model: SentencePieceModel) {
  const userDefined = new Set(model.pieces.filter(({ kind }) => kind === 'user-defined').map(({ text }) => text));
  const { unknownId, byteFallback } = model.trainer;
  return { ...unigramParts(model, unknownId, model.pieces.map(scored), byteFallback), userDefined };
}

function unigramParts(
  model: SentencePieceModel,
  unknownId: number,
  vocab: readonly (readonly [string, number])[],
  byte_fallback = false,
) {
  return {
    ids: new Map(vocab.map(([text], id) => [text, id])),
    model: { type: 'Unigram', unk_id: unknownId, vocab, byte_fallback },
    added: addedPieces(model),
    post_processor: null,
  };
}

function bpeModel(options: {
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: ReturnType<typeof splitMerges>;
  readonly unknown: string | null;
  readonly hasBytes: boolean;
  readonly keepsTokens: boolean;
}): object {
  const { ids, merges, unknown, hasBytes, keepsTokens } = options;
  return {
    type: 'BPE',
    dropout: null,
    unk_token: unknown,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: hasBytes,
    ignore_merges: keepsTokens,
    vocab: Object.fromEntries(ids),
    merges,
  };
}

/** Control and user-defined pieces. */
function addedPieces({ pieces }: Pick<SentencePieceModel, 'pieces'>): TokenFlags[] {
  return pieces
    .filter(({ kind }) => kind === 'control' || kind === 'user-defined')
    .map(({ text, kind }) => ({ ...specialToken(text), special: kind === 'control' }));
}

function charsmapStages({ normalizer: { charsmap } }: SentencePieceModel): object[] {
  return charsmap === '' ? [] : [{ type: 'Precompiled', precompiled_charsmap: charsmap }];
}

/** Words between white space, each with a mark before it. */
function wordsOf(normalizers: readonly object[]) {
  const [only = null] = normalizers;
  return {
    normalizer: normalizers.length > 1 ? { type: 'Sequence', normalizers } : only,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace('always', true)] },
    decoder: metaspace('always', true),
  };
}

function metaspace(prepend_scheme: 'always' | 'first' | 'never', split: boolean): object {
  return { type: 'Metaspace', replacement: mark, prepend_scheme, split };
}

function bytesDecoder(hasPrefix: boolean, hasBytes = true): object {
  return {
    type: 'Sequence',
    decoders: [
      replace({ String: mark }, ' '),
      ...(hasBytes ? [{ type: 'ByteFallback' }] : []),
      ...(hasBytes || hasPrefix ? [{ type: 'Fuse' }] : []),
      ...(hasPrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
    ],
  };
}

/** [CLS] first [SEP] second [SEP], as BERT's. */
function separated(idOf: (token: string) => number): object {
  const end = { token: '[SEP]' };
  const single = [
    [{ token: '[CLS]' }, 0],
    [textA, 0],
    [end, 0],
  ] as const;
  return template(single, [...single, [textB, 1], [end, 1]], idOf);
}

function scored({ text, score }: Piece): [string, number] {
  return [text, score];
}

function unscored(text: string): [string, number] {
  return [text, 0];
}

function codePoints(text: string): number {
  return Array.from(text).length;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function refused(file: string, reason: string): StudioError {
  return new StudioError(
    'refused',
    `${file} cannot be converted to a tokenizer: ${reason}.`,
    'Write tokenizer.json with AutoTokenizer.from_pretrained(…).save_pretrained(…) of Transformers, and copy it beside the file.',
  );
}
