import { z } from 'zod';
import { addedTokenSchema } from '../tokenizer-schema.ts';

const tokenFlags = addedTokenSchema.omit({ id: true });
export type TokenFlags = z.infer<typeof tokenFlags>;

export const roles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;
type Role = (typeof roles)[number];

/** A special token by its text, or with its settings. */
const specialFlags = z.union([
  z.string().min(1).max(4096).transform(specialToken),
  tokenFlags.transform((token) => ({ ...token, special: true })),
]);
const roleToken = specialFlags.nullish();
/** Further special tokens; in later versions of Transformers, an object names some of them. */
const furtherTokens = z
  .union([z.array(specialFlags).max(10_000), z.record(z.string(), z.unknown()).transform(() => null)])
  .nullish();

/** Special tokens by their role, as tokenizer_config.json and special_tokens_map.json name them. */
export const roleTokensSchema = z.object({
  bos_token: roleToken,
  eos_token: roleToken,
  unk_token: roleToken,
  sep_token: roleToken,
  pad_token: roleToken,
  cls_token: roleToken,
  mask_token: roleToken,
});

/** Keys of tokenizer_config.json that a conversion reads, as Transformers names them. */
export const conversionSettingsSchema = roleTokensSchema.extend({
  tokenizer_class: z.string().nullish(),
  legacy: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  extra_ids: z.number().int().min(0).max(10_000).default(100),
  do_lower_case: z.boolean().nullish(),
  keep_accents: z.boolean().nullish(),
  split_by_punct: z.boolean().nullish(),
  additional_special_tokens: furtherTokens,
  extra_special_tokens: furtherTokens,
  added_tokens_decoder: z.record(z.string().regex(/^\d{1,8}$/), tokenFlags).nullish(),
});
export type ConversionSettings = z.infer<typeof conversionSettingsSchema>;

/** Parts of tokenizer.json that a conversion makes of a vocabulary file. */
export interface ConvertedParts {
  readonly normalizer: object | null;
  readonly pre_tokenizer: object | null;
  readonly decoder: object;
  readonly model: object;
  /** Template around texts; null: start and end tokens where tokenizer_config.json requests them. */
  readonly post_processor: ((idOf: (token: string) => number) => object) | null;
  /** Tokens of the vocabulary file that are found in a text first. */
  readonly added: readonly TokenFlags[];
  /** Special tokens where tokenizer_config.json names none. */
  readonly special: Readonly<Partial<Record<Role, string>>>;
  readonly ids: ReadonlyMap<string, number>;
  /** True if tokens of tokenizer_config.json are found before a text is normalized. */
  readonly findsAddedFirst?: boolean;
}

export function specialToken(content: string): TokenFlags {
  return { content, special: true, normalized: false, lstrip: false, rstrip: false, single_word: false };
}

export function replace(pattern: { readonly String: string } | { readonly Regex: string }, content: string): object {
  return { type: 'Replace', pattern, content };
}

/** A piece of a template, with the type of its tokens. */
type TemplatePiece = readonly [piece: { readonly sequence: 'A' | 'B' } | { readonly token: string }, type: 0 | 1];

export const [textA, textB] = [{ sequence: 'A' }, { sequence: 'B' }] as const;

/** Post-processor of one text and of two. */
export function template(
  single: readonly TemplatePiece[],
  pair: readonly TemplatePiece[],
  idOf: (token: string) => number,
): object {
  const pieces = (list: readonly TemplatePiece[]) =>
    list.map(([piece, type_id]) =>
      'sequence' in piece
        ? { Sequence: { id: piece.sequence, type_id } }
        : { SpecialToken: { id: piece.token, type_id } },
    );
  const tokens = new Set(pair.flatMap(([piece]) => ('token' in piece ? piece.token : [])));
  return {
    type: 'TemplateProcessing',
    single: pieces(single),
    pair: pieces(pair),
    special_tokens: Object.fromEntries([...tokens].map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }])),
  };
}

/** Post-processor that puts the start token before each text and the end token behind each. */
export function aroundEach(start: string | null, end: string | null, idOf: (token: string) => number): object {
  const around = (text: typeof textA | typeof textB, type: 0 | 1): TemplatePiece[] => [
    ...(start === null ? [] : [[{ token: start }, type] as const]),
    [text, type],
    ...(end === null ? [] : [[{ token: end }, type] as const]),
  ];
  return template(around(textA, 0), [...around(textA, 0), ...around(textB, 1)], idOf);
}

/** Classes of Transformers' tokenizers; those without a form of their own follow the file. */
export const genericClass = 'TokenizersBackend';
