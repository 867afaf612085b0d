import { z } from 'zod';
import { maxOptionalParts, optionalParts } from '../../files/optional-parts.ts';

/** Ids are indices into a table: a damaged one must not allocate gigabytes. */
const tokenId = z.number().int().min(0).max(0xff_ffff);
const flag = z.boolean().nullish();

/** The largest published tokenizers add a few thousand tokens of a few dozen characters. */
const MAX_ADDED_TOKENS = 300_000;
const MAX_TOKEN_CHARACTERS = 4096;
const MAX_ADDED_CHARACTERS = 4 * 2 ** 20;
const tooManyCharacters = 'has tokens of more than four million characters in all';
/** Published tokenizers have at most a dozen stages. */
const MAX_STAGES = 64;

const regex = z.string().refine((text) => optionalParts(text) <= maxOptionalParts, {
  message: `has more than ${maxOptionalParts} optional parts`,
});
const pattern = z.union([z.strictObject({ String: z.string() }), z.strictObject({ Regex: regex })]);
const behavior = z.enum(['Isolated', 'Removed', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);

export type Stage = { readonly type: string } & Readonly<Record<string, unknown>>;

const normalizerStage = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('BertNormalizer'),
    clean_text: flag,
    handle_chinese_chars: flag,
    strip_accents: flag,
    lowercase: flag,
  }),
  z.looseObject({ type: z.literal('Precompiled'), precompiled_charsmap: z.string().nullish() }),
  z.looseObject({ type: z.literal('Replace'), pattern, content: z.string() }),
  ...(['NFC', 'NFD', 'NFKC', 'NFKD', 'StripAccents', 'Lowercase'] as const).map((type) =>
    z.looseObject({ type: z.literal(type) }),
  ),
  z.looseObject({ type: z.literal('Strip'), strip_left: flag, strip_right: flag }),
  z.looseObject({ type: z.literal('Prepend'), prepend: z.string() }),
]);
export type NormalizerStage = z.infer<typeof normalizerStage>;

const preTokenizerStage = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('BertPreTokenizer') }),
  z.looseObject({ type: z.literal('Whitespace') }),
  z.looseObject({ type: z.literal('WhitespaceSplit') }),
  z.looseObject({
    type: z.literal('Metaspace'),
    replacement: z.string().min(1).default('▁'),
    prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
    add_prefix_space: z.boolean().optional(),
    split: z.boolean().default(true),
  }),
  z.looseObject({
    type: z.literal('ByteLevel'),
    add_prefix_space: z.boolean().default(false),
    use_regex: z.boolean().default(true),
  }),
  z.looseObject({ type: z.literal('Split'), pattern, behavior, invert: z.boolean().default(false) }),
  z.looseObject({ type: z.literal('Punctuation'), behavior: behavior.default('Isolated') }),
  z.looseObject({ type: z.literal('Digits'), individual_digits: z.boolean().default(false) }),
]);
export type PreTokenizerStage = z.infer<typeof preTokenizerStage>;

const templatePiece = z.union([
  z.strictObject({ SpecialToken: z.object({ id: z.string(), type_id: z.number().int().min(0).max(255) }) }),
  z.strictObject({ Sequence: z.object({ id: z.enum(['A', 'B']), type_id: z.number().int().min(0).max(255) }) }),
]);
const namedId = z.tuple([z.string(), tokenId]);
const postProcessorStage = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('TemplateProcessing'),
    single: z.array(templatePiece),
    pair: z.array(templatePiece),
    special_tokens: z.record(z.string(), z.object({ ids: z.array(tokenId) })),
  }),
  z.looseObject({ type: z.literal('ByteLevel') }),
  z.looseObject({ type: z.literal('BertProcessing'), sep: namedId, cls: namedId }),
  z.looseObject({ type: z.literal('RobertaProcessing'), sep: namedId, cls: namedId }),
]);
export type PostProcessorStage = z.infer<typeof postProcessorStage>;

const decoderStage = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('ByteLevel') }),
  z.looseObject({ type: z.literal('WordPiece'), prefix: z.string().nullish(), cleanup: flag }),
  z.looseObject({
    type: z.literal('Metaspace'),
    replacement: z.string().min(1).default('▁'),
    prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
    add_prefix_space: z.boolean().optional(),
  }),
  z.looseObject({ type: z.literal('BPEDecoder'), suffix: z.string().min(1).default('</w>') }),
  z.looseObject({ type: z.literal('Replace'), pattern, content: z.string() }),
  z.looseObject({ type: z.literal('Fuse') }),
  z.looseObject({
    type: z.literal('Strip'),
    content: z.string(),
    start: z.number().int().min(0).max(1024),
    stop: z.number().int().min(0).max(1024),
  }),
  z.looseObject({ type: z.literal('ByteFallback') }),
]);
export type DecoderStage = z.infer<typeof decoderStage>;

/** One stage, or a sequence of stages, as a list; nested sequences do not occur. */
function stages<Item extends z.ZodType<Stage>>(one: Item, type: string, key: string) {
  return z
    .union([
      z.null(),
      z.looseObject({ type: z.literal('Sequence'), [key]: z.array(one) }),
      z.looseObject({ type: z.string() }),
    ])
    .optional()
    .transform((value, context): z.infer<Item>[] => {
      if (value === null || value === undefined) return [];
      const isSequence = value.type === 'Sequence';
      const list = isSequence ? value[key as keyof typeof value] : [value];
      if (Array.isArray(list) && list.length > MAX_STAGES) {
        context.addIssue({ code: 'custom', message: `has more than ${MAX_STAGES} stages`, path: [key] });
        return z.NEVER;
      }
      const parsed = z.array(one).safeParse(list);
      if (parsed.success) return parsed.data;
      for (const issue of parsed.error.issues) {
        const path = isSequence ? [key, ...issue.path] : issue.path.slice(1);
        const message =
          issue.code === 'invalid_union' && issue.path.at(-1) === 'type'
            ? `is no ${type} that is supported`
            : issue.message;
        context.addIssue({ code: 'custom', message, path: [...path] });
      }
      return z.NEVER;
    });
}

const vocabulary = z.record(z.string(), tokenId).refine((entries) => Object.keys(entries).length > 0, 'is empty');

const model = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('BPE'),
    vocab: vocabulary,
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    unk_token: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
    continuing_subword_prefix: z.literal('').nullish(),
    byte_fallback: flag,
    ignore_merges: flag,
    fuse_unk: flag,
  }),
  z.looseObject({
    type: z.literal('WordPiece'),
    vocab: vocabulary,
    unk_token: z.string(),
    continuing_subword_prefix: z.string(),
    max_input_chars_per_word: z.number().int().positive().max(1000).optional(),
  }),
  z
    .looseObject({
      type: z.literal('Unigram'),
      vocab: z.array(z.tuple([z.string(), z.number()])).min(1),
      unk_id: z.number().int().min(0).nullish(),
      byte_fallback: flag,
    })
    .refine(({ vocab, unk_id }) => (unk_id ?? 0) < vocab.length, {
      path: ['unk_id'],
      message: 'is no id of the vocabulary',
    }),
]);

/** Files older than 2021 have no type of the model. */
function withModelType(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'type' in value || !('vocab' in value)) return value;
  const type = Array.isArray(value.vocab) ? 'Unigram' : 'merges' in value ? 'BPE' : 'WordPiece';
  return { ...value, type };
}

export const addedTokenSchema = z.looseObject({
  id: tokenId,
  content: z.string().min(1).max(MAX_TOKEN_CHARACTERS, `has more than ${MAX_TOKEN_CHARACTERS} characters`),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  single_word: z.boolean().default(false),
  normalized: z.boolean().optional(),
  special: z.boolean().default(false),
});
export type AddedToken = z.infer<typeof addedTokenSchema>;

/** The tree in which tokens are looked up takes a hundred times their characters. */
function fitInMemory(tokens: readonly { readonly content: string }[]): boolean {
  return tokens.reduce((sum, { content }) => sum + content.length, 0) <= MAX_ADDED_CHARACTERS;
}

/**
 * tokenizer.json, the parts that determine ids and text. Truncation and padding are up to the caller, as in Transformers.
 */
export const tokenizerFileSchema = z.looseObject({
  added_tokens: z
    .array(addedTokenSchema)
    .max(MAX_ADDED_TOKENS, `has more than ${MAX_ADDED_TOKENS} tokens`)
    .refine(fitInMemory, tooManyCharacters)
    .nullish()
    .transform((tokens) => tokens ?? []),
  normalizer: stages(normalizerStage, 'normalizer', 'normalizers'),
  pre_tokenizer: stages(preTokenizerStage, 'pre-tokenizer', 'pretokenizers'),
  post_processor: stages(postProcessorStage, 'post-processor', 'processors'),
  decoder: stages(decoderStage, 'decoder', 'decoders'),
  model: z.preprocess(withModelType, model),
});
export type TokenizerFile = z.infer<typeof tokenizerFileSchema>;

/** A special token by its text, or with its settings. */
const tokenText = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((token) => (typeof token === 'object' ? (token?.content ?? null) : (token ?? null)));

/** tokenizer_config.json, the parts that determine ids and text. */
export const tokenizerConfigSchema = z.looseObject({
  bos_token: tokenText,
  eos_token: tokenText,
  unk_token: tokenText,
  sep_token: tokenText,
  pad_token: tokenText,
  cls_token: tokenText,
  mask_token: tokenText,
  clean_up_tokenization_spaces: flag,
  padding_side: z.enum(['left', 'right']).nullish(),
  truncation_side: z.enum(['left', 'right']).nullish(),
  added_tokens_decoder: z
    .record(z.string(), addedTokenSchema.omit({ id: true }))
    .refine((tokens) => Object.keys(tokens).length <= MAX_ADDED_TOKENS, `has more than ${MAX_ADDED_TOKENS} tokens`)
    .refine((tokens) => fitInMemory(Object.values(tokens)), tooManyCharacters)
    .nullish()
    .transform((tokens) => tokens ?? {}),
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;
