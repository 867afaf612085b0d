import type { GgufFile } from '../gguf-file.ts';
import { ggufParseError } from '../parse-error.ts';

/** `tokenizer.ggml.token_type`. */
const tokenKinds = ['undefined', 'normal', 'unknown', 'control', 'user defined', 'unused', 'byte'] as const;
export type TokenKind = (typeof tokenKinds)[number];

/** The tokens of a file by their ids. */
export interface Vocabulary {
  readonly tokens: readonly string[];
  readonly kinds: readonly TokenKind[];
  /** Token → id; of two equal tokens the first counts. */
  readonly ids: ReadonlyMap<string, number>;
}

export interface SpecialIds {
  readonly bos: number | null;
  readonly eos: number | null;
  /** End of a turn in a chat, if not `eos`. */
  readonly endOfTurn: number | null;
  readonly unknown: number | null;
  readonly padding: number | null;
}

const prefix = 'tokenizer.ggml';

export function readVocabulary(file: GgufFile): Vocabulary {
  const { metadata, path, tensors } = file;
  const key = `${prefix}.tokens`;
  const tokens = metadata.requiredTexts(key);
  const rows = tensors.get('token_embd.weight')?.shape[0] ?? 0;
  if (tokens.length === 0 || tokens.length > rows)
    throw ggufParseError(path, `has ${tokens.length} tokens in "${key}", but its embedding has ${rows} rows`);
  const typeKey = `${prefix}.token_type`;
  const types = metadata.numbers(typeKey);
  if (types !== null && types.length !== tokens.length)
    throw ggufParseError(path, `has ${types.length} entries in "${typeKey}" for ${tokens.length} tokens`);
  const kinds = tokens.map((_, id) => {
    const kind = types === null ? 'normal' : tokenKinds[types[id] ?? -1];
    if (kind === undefined)
      throw ggufParseError(path, `gives token ${id} the unknown type ${types?.[id]} in "${typeKey}"`);
    return kind;
  });
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) if (!ids.has(token)) ids.set(token, id);
  return { tokens, kinds, ids };
}

export function readSpecialIds(file: GgufFile, vocabulary: Vocabulary): SpecialIds {
  const read = (name: string): number | null => {
    const key = `${prefix}.${name}_token_id`;
    const id = file.metadata.count(key, 2 ** 32 - 1);
    // llama.cpp's "none".
    if (id === null || id === 2 ** 32 - 1) return null;
    if (id >= vocabulary.tokens.length)
      throw ggufParseError(file.path, `names the token ${id} in "${key}", but has ${vocabulary.tokens.length}`);
    return id;
  };
  return {
    bos: read('bos'),
    eos: read('eos'),
    endOfTurn: read('eot'),
    unknown: read('unknown'),
    padding: read('padding'),
  };
}
