import { existsSync } from 'node:fs';
import path from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { fileLimits, readForeignText } from '../../files/foreign-file.ts';
import { convertVocabulary, vocabularyFiles } from './conversion/index.ts';
import { checkTokenizerJson, parseTokenizerJson } from './tokenizer-json.ts';
import {
  type TokenizerConfig,
  type TokenizerFile,
  tokenizerConfigSchema,
  tokenizerFileSchema,
} from './tokenizer-schema.ts';

export interface TokenizerFiles {
  /** Absolute path of tokenizer.json, or of the file that was converted. */
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
 * Without tokenizer.json, SentencePiece's model or tekken.json is converted.
 * @throws StudioError invalid_file naming the file and the key.
 */
export async function readTokenizerFiles(directory: string): Promise<TokenizerFiles> {
  const configFile = path.join(directory, 'tokenizer_config.json');
  const templateFile = path.join(directory, 'chat_template.jinja');
  const parts = await readParts(directory, configFile);
  const template = await readText(templateFile);
  return {
    ...parts,
    configFile,
    chatTemplate: template === null ? null : { file: templateFile, text: template },
  };
}

async function readParts(
  directory: string,
  configFile: string,
): Promise<Pick<TokenizerFiles, 'file' | 'tokenizer' | 'config'>> {
  const file = path.join(directory, 'tokenizer.json');
  const text = await readText(file);
  if (text !== null)
    return {
      file,
      tokenizer: parseTokenizer(file, text),
      config: parseTokenizerConfig(configFile, (await readText(configFile)) ?? '{}'),
    };
  const converted = await convertVocabulary(directory, configFile);
  if (converted !== null)
    return {
      file: converted.file,
      tokenizer: checkTokenizerJson(converted.file, converted.tokenizer, tokenizerFileSchema),
      config: checkTokenizerJson(configFile, converted.config, tokenizerConfigSchema),
    };
  throw new StudioError(
    'invalid_file',
    `${directory} has no tokenizer.json.`,
    'Copy tokenizer.json and tokenizer_config.json of the model into its folder; Transformers writes both with save_pretrained.',
  );
}

/** Returns true if a folder has tokenizer.json or a vocabulary that is converted. */
export function hasTokenizer(directory: string): boolean {
  return ['tokenizer.json', ...vocabularyFiles].some((name) => existsSync(path.join(directory, name)));
}

/** @throws StudioError invalid_file naming the file and the key. */
export function parseTokenizer(file: string, text: string): TokenizerFile {
  return parseTokenizerJson(file, text, tokenizerFileSchema);
}

/** @throws StudioError invalid_file naming the file and the key. */
export function parseTokenizerConfig(file: string, text: string): TokenizerConfig {
  return parseTokenizerJson(file, text, tokenizerConfigSchema);
}

function readText(file: string): Promise<string | null> {
  return readForeignText(file, fileLimits.tokenizer);
}
