import { createHash } from 'node:crypto';
import { hasTokenizer, readTokenizerFiles } from './tokenizer-files.ts';

export interface TokenizerIdentity {
  /** Hash of every token with its id; files that differ only in layout are equal. */
  readonly tokenizer: string;
  /** Hash of the chat template's text; null if there is none. */
  readonly template: string | null;
}

/**
 * Returns the properties that distinguish tokenizers; null if the folder has none.
 * @throws StudioError invalid_file naming the file and the key.
 */
export async function readTokenizerIdentity(directory: string): Promise<TokenizerIdentity | null> {
  if (!hasTokenizer(directory)) return null;
  const { tokenizer, config, chatTemplate } = await readTokenizerFiles(directory);
  const { vocab } = tokenizer.model;
  const tokens = Array.isArray(vocab)
    ? vocab.map(([token], id) => [id, token])
    : Object.entries(vocab)
        .map(([token, id]) => [id, token] as const)
        .sort(([one], [other]) => one - other);
  const added = tokenizer.added_tokens.map(({ id, content }) => [id, content]);
  const template = chatTemplate?.text ?? config.chat_template ?? null;
  return {
    tokenizer: hash(JSON.stringify([tokens, added])),
    template: template === null ? null : hash(JSON.stringify(template)),
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
