import path from 'node:path';
import type { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { fileLimits, readForeignText } from '../../files/foreign-file.ts';
import {
  type TokenizerConfig,
  type TokenizerFile,
  tokenizerConfigSchema,
  tokenizerFileSchema,
} from './tokenizer-schema.ts';

export interface TokenizerFiles {
  /** Absolute path of tokenizer.json. */
  readonly file: string;
  /** Absolute path of tokenizer_config.json, which may not exist. */
  readonly configFile: string;
  readonly tokenizer: TokenizerFile;
  readonly config: TokenizerConfig;
  /** Text of chat_template.jinja, which takes precedence over tokenizer_config.json. */
  readonly chatTemplate: { readonly file: string; readonly text: string } | null;
}

/**
 * Reads tokenizer.json, tokenizer_config.json and chat_template.jinja of a model's folder; the latter two may be missing.
 * @throws StudioError invalid_file naming the file and the key.
 */
export async function readTokenizerFiles(directory: string): Promise<TokenizerFiles> {
  const file = path.join(directory, 'tokenizer.json');
  const configFile = path.join(directory, 'tokenizer_config.json');
  const templateFile = path.join(directory, 'chat_template.jinja');
  const text = await readText(file);
  if (text === null)
    throw new StudioError(
      'invalid_file',
      `${directory} has no tokenizer.json.`,
      'Copy tokenizer.json and tokenizer_config.json of the model into its folder; Transformers writes both with save_pretrained.',
    );
  const template = await readText(templateFile);
  return {
    file,
    configFile,
    tokenizer: parseTokenizer(file, text),
    config: parseTokenizerConfig(configFile, (await readText(configFile)) ?? '{}'),
    chatTemplate: template === null ? null : { file: templateFile, text: template },
  };
}

/** @throws StudioError invalid_file naming the file and the key. */
export function parseTokenizer(file: string, text: string): TokenizerFile {
  return parse(file, text, tokenizerFileSchema);
}

/** @throws StudioError invalid_file naming the file and the key. */
export function parseTokenizerConfig(file: string, text: string): TokenizerConfig {
  return parse(file, text, tokenizerConfigSchema);
}

function readText(file: string): Promise<string | null> {
  return readForeignText(file, fileLimits.tokenizer);
}

const wayOut = 'Copy or download the file again; it must be the one that Transformers wrote for this model.';

function parse<Schema extends z.ZodType>(file: string, text: string, schema: Schema): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StudioError('invalid_file', `${file} is not JSON.`, wayOut);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const key = issue?.path.join('.') || 'the whole file';
  throw new StudioError('invalid_file', `${file}: ${key}: ${issue?.message ?? 'not valid'}.`, wayOut);
}
