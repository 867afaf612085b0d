import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { NewToken, PlacedToken } from '../../../src-shared/domain/models/new-tokens.ts';
import { withMembers } from '../models/huggingface/json-members.ts';
import { addedTokensOf, type TextTokenizer } from './tokenizer.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';
import type { AddedToken } from './tokenizer-schema.ts';

/**
 * Gives new tokens their ids: behind the vocabulary and behind all added tokens, as Hugging Face's tokenizers do.
 * @throws StudioError invalid_input for a token that the tokenizer has already, or that is given twice
 */
export function placeTokens(tokenizer: TextTokenizer, tokens: readonly NewToken[]): PlacedToken[] {
  for (const [index, { content }] of tokens.entries()) {
    const id = tokenizer.idOf(content);
    if (id !== null)
      throw invalid(
        `the tokenizer already has "${content}" (id ${id}).`,
        `Leave it out. To train it, set trainable_token_indices to [${id}].`,
      );
    if (tokens.findIndex((one) => one.content === content) !== index)
      throw invalid(`"${content}" is given twice.`, 'Give each token once.');
  }
  const { model } = tokenizer.files.tokenizer;
  const size = Array.isArray(model.vocab) ? model.vocab.length : Object.keys(model.vocab).length;
  const first = addedTokensOf(tokenizer.files).reduce((next, { id }) => Math.max(next, id + 1), size);
  return tokens.map((token, index) => ({ ...token, id: first + index }));
}

function invalid(reason: string, remedy: string): StudioError {
  return new StudioError('invalid_input', `tokens: ${reason}`, remedy).at('tokens');
}

/** All ids of a tokenizer's vocabulary and added tokens. */
export function knownIds({ files }: TextTokenizer): Set<number> {
  const { vocab } = files.tokenizer.model;
  const own = Array.isArray(vocab) ? vocab.keys() : Object.values(vocab);
  return new Set([...own, ...addedTokensOf(files).map(({ id }) => id)]);
}

/** Members of tokenizer_config.json and special_tokens_map.json that list further special tokens. */
const specialLists = ['additional_special_tokens', 'extra_special_tokens'] as const;

/**
 * Adds tokens to the tokenizer's files in a folder: tokenizer.json, and those beside it that list added tokens.
 * @param files of the tokenizer before
 */
export async function writeTokens(
  directory: string,
  files: TokenizerFiles,
  tokens: readonly PlacedToken[],
): Promise<void> {
  const added = tokens.map(
    ({ id, content, special }): AddedToken => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false },
      ...{ normalized: !special, special },
    }),
  );
  await change(directory, 'tokenizer.json', () => ({ added_tokens: [...files.tokenizer.added_tokens, ...added] }));
  const special = added.filter((token) => token.special);
  const withSpecial = (members: Members) =>
    specialLists.flatMap((key) => {
      const list = z.array(z.unknown()).safeParse(members[key]).data;
      return list === undefined ? [] : [[key, [...list, ...special.map(({ content }) => content)]] as const];
    });
  await change(directory, 'tokenizer_config.json', (members) => {
    const known = z.record(z.string(), z.unknown()).safeParse(members['added_tokens_decoder']).data;
    const decoder = Object.fromEntries(added.map(({ id, ...token }) => [String(id), token]));
    const own = known === undefined ? {} : { added_tokens_decoder: { ...known, ...decoder } };
    return { ...own, ...Object.fromEntries(withSpecial(members)) };
  });
  await change(directory, 'special_tokens_map.json', (members) => Object.fromEntries(withSpecial(members)));
  await change(directory, 'added_tokens.json', () => Object.fromEntries(added.map(({ id, content }) => [content, id])));
}

type Members = Readonly<Record<string, unknown>>;

/** Changes members of a JSON file; a missing file stays missing. */
async function change(directory: string, name: string, changes: (members: Members) => Members): Promise<void> {
  const file = path.join(directory, name);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return;
  const members = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  await writeFile(file, withMembers(text, changes(members)));
}
