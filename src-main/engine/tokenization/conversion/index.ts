import path from 'node:path';
import { z } from 'zod';
import { fileLimits, readForeignBytes } from '../../../files/foreign-file.ts';
import { checkTokenizerJson, readTokenizerJson } from '../tokenizer-json.ts';
import { convertTekken } from './tekken.ts';
import {
  aroundEach,
  type ConversionSettings,
  type ConvertedParts,
  conversionSettingsSchema,
  genericClass,
  roles,
  roleTokensSchema,
  type TokenFlags,
} from './tokenizer-parts.ts';

/** Vocabulary files in forms other than tokenizer.json. */
const sentencePieceFiles = ['tokenizer.model', 'spiece.model', 'sentencepiece.bpe.model', 'spm.model'];
const tekkenFile = 'tekken.json';
export const vocabularyFiles: readonly string[] = [...sentencePieceFiles, tekkenFile];

/** The contents of tokenizer.json and tokenizer_config.json, made of another file. */
interface Conversion {
  /** The file that was converted. */
  readonly file: string;
  readonly tokenizer: unknown;
  readonly config: unknown;
}

/**
 * Converts a folder's SentencePiece model or tekken.json to the tokenizer that Transformers 5 makes of them; null without one.
 * @param configFile tokenizer_config.json, which may not exist
 * @throws StudioError invalid_file naming the file, refused for a vocabulary that is not converted
 */
export async function convertVocabulary(directory: string, configFile: string): Promise<Conversion | null> {
  for (const name of vocabularyFiles) {
    const file = path.join(directory, name);
    const bytes = await readForeignBytes(file, fileLimits.vocabulary);
    if (bytes === null) continue;
    const config = await readTokenizerJson(configFile, z.record(z.string(), z.unknown()));
    const settings = await readSettings(directory, configFile, config ?? {});
    // The backend starts without the reader of protocol buffers.
    const { convertSentencePiece } = await import('./sentencepiece.ts');
    const parts =
      name === tekkenFile
        ? convertTekken(file, bytes.toString('utf8'))
        : convertSentencePiece(file, bytes, { className: await classOf(directory, settings), settings });
    return { file, ...assembled(parts, settings, config ?? {}) };
  }
  return null;
}

/** Settings of tokenizer_config.json; files of older versions of Transformers add special_tokens_map.json and added_tokens.json. */
async function readSettings(
  directory: string,
  configFile: string,
  config: Readonly<Record<string, unknown>>,
): Promise<ConversionSettings> {
  const settings = checkTokenizerJson(configFile, config, conversionSettingsSchema);
  if (settings.added_tokens_decoder) return settings;
  const map = await readTokenizerJson(path.join(directory, 'special_tokens_map.json'), roleTokensSchema);
  const named = { ...settings, ...map };
  const contents = new Set(roles.map((role) => named[`${role}_token`]?.content));
  const added = await readTokenizerJson(path.join(directory, 'added_tokens.json'), addedTokensSchema);
  const decoder = Object.entries(added ?? {}).map(([content, id]): [string, TokenFlags] => {
    const special = contents.has(content);
    return [String(id), { content, special, normalized: !special, lstrip: false, rstrip: false, single_word: false }];
  });
  return { ...named, ...(decoder.length > 0 ? { added_tokens_decoder: Object.fromEntries(decoder) } : {}) };
}

const addedTokensSchema = z.record(z.string().min(1).max(4096), z.number().int().min(0).max(0xff_ffff));
const modelConfigSchema = z.looseObject({ model_type: z.string().nullish(), tokenizer_class: z.string().nullish() });

/** The class of Transformers' tokenizers that loads the folder: the named one, unless its family has a common one. */
async function classOf(directory: string, settings: ConversionSettings): Promise<string> {
  const model = await readTokenizerJson(path.join(directory, 'config.json'), modelConfigSchema);
  const named = (settings.tokenizer_class ?? model?.tokenizer_class)?.replace(/Fast$/, '') ?? null;
  const registered = familyClasses.find(([pattern]) => pattern.test(model?.model_type ?? ''))?.[1] ?? null;
  return registered === genericClass ? registered : (named ?? registered ?? genericClass);
}

/** Classes that Transformers registers for families whose vocabularies SentencePiece made. */
const familyClasses: readonly (readonly [modelType: RegExp, className: string])[] = [
  [/^gemma/, 'GemmaTokenizer'],
  [/^(t5|mt5)$/, 'T5Tokenizer'],
  [/^xlm-roberta$/, 'XLMRobertaTokenizer'],
  [/^albert$/, 'AlbertTokenizer'],
  [/^deberta-v2$/, 'DebertaV2Tokenizer'],
  [
    /^(mistral|mixtral|ministral|mistral3|ministral3|phi3|stablelm|olmo2|olmo3|granite|glm4|ernie4_5|umt5|smolvlm)$/,
    genericClass,
  ],
];

function assembled(
  parts: ConvertedParts,
  settings: ConversionSettings,
  config: Readonly<Record<string, unknown>>,
): Omit<Conversion, 'file'> {
  const named = roles.map((role) => {
    const token = settings[`${role}_token`];
    const usual = parts.special[role];
    if (token !== undefined || usual === undefined) return { role, token: token ?? null };
    return {
      role,
      token: { content: usual, special: true, normalized: false, lstrip: false, rstrip: false, single_word: false },
    };
  });
  const ids = new Map(parts.ids);
  const added = addedTokens(
    parts,
    settings,
    named.flatMap(({ token }) => token ?? []),
  ).map((token) => {
    const id = ids.get(token.content) ?? ids.size;
    ids.set(token.content, id);
    return { id, ...token };
  });
  const contentOf = (wanted: string) => named.find(({ role }) => role === wanted)?.token?.content ?? null;
  const idOf = (token: string) => ids.get(token) ?? 0;
  const start = settings.add_bos_token === true ? contentOf('bos') : null;
  const end = settings.add_eos_token === true ? contentOf('eos') : null;
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.sort((one, other) => one.id - other.id),
      normalizer: parts.normalizer,
      pre_tokenizer: parts.pre_tokenizer,
      post_processor: parts.post_processor?.(idOf) ?? aroundEach(start, end, idOf),
      decoder: parts.decoder,
      model: parts.model,
    },
    config: {
      ...config,
      ...Object.fromEntries(named.map(({ role, token }) => [`${role}_token`, token?.content ?? null])),
      // Added tokens are among the tokens of tokenizer.json, whose ids are the vocabulary's.
      added_tokens_decoder: {},
    },
  };
}

/** Tokens that are found in a text first, each with the flags of the first list that declares them. */
function addedTokens(
  { added, findsAddedFirst = false }: ConvertedParts,
  { added_tokens_decoder, extra_special_tokens: extra, additional_special_tokens }: ConversionSettings,
  named: readonly TokenFlags[],
): TokenFlags[] {
  const isNamed = (token: TokenFlags) => named.some(({ content }) => content === token.content);
  const declared = Object.entries(added_tokens_decoder ?? {})
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, token]) => (findsAddedFirst ? { ...token, normalized: false } : token));
  const more = (extra?.length ? extra : additional_special_tokens) ?? added;
  // New ids follow the order of declared, named and further tokens; flags of further tokens replace those of named ones.
  const all = new Map([...named, ...declared, ...more, ...declared].map((token) => [token.content, token]));
  const order = new Set([...declared, ...named, ...more].map(({ content }) => content));
  return [...order]
    .flatMap((content) => all.get(content) ?? [])
    .map((token) => ({ ...token, special: token.special || isNamed(token) }));
}
