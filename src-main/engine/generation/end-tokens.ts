import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { readModelJson } from '../models/huggingface/model-json.ts';

const ids = z
  .union([z.number().int(), z.array(z.number().int())])
  .nullish()
  .transform((given) => (given === null || given === undefined ? null : [given].flat()));
const id = z.number().int().nullish();
const schema = z.looseObject({ eos_token_id: ids, pad_token_id: id, decoder_start_token_id: id });

export interface EndTokens {
  /** Tokens that end a text; empty if the files name none. */
  readonly eos: readonly number[];
  /** Padding of rows that have ended. */
  readonly pad: number;
  /** First token of a decoder that has an encoder; absent if the files name none. */
  readonly start?: number;
}

/**
 * Reads which tokens begin and end a text: generation_config.json's, else config.json's.
 * @throws StudioError invalid_file naming the file and the key.
 */
export async function readEndTokens(directory: string): Promise<EndTokens> {
  const own = await readModelJson(path.join(directory, 'generation_config.json'), schema);
  const model = await readModelJson(path.join(directory, 'config.json'), schema);
  const eos = own?.eos_token_id ?? model?.eos_token_id ?? [];
  const start = own?.decoder_start_token_id ?? model?.decoder_start_token_id ?? undefined;
  const pad = own?.pad_token_id ?? model?.pad_token_id ?? eos[0] ?? 0;
  return { eos, pad, ...(start === undefined ? {} : { start }) };
}

/**
 * The first token of the decoder of a model with an encoder.
 * @throws StudioError invalid_file where the model's files name none
 */
export function requireStart({ start }: Pick<EndTokens, 'start'>): number {
  if (start !== undefined) return start;
  throw new StudioError(
    'invalid_file',
    'The config.json of the model lacks the key "decoder_start_token_id", the token that the decoder begins with.',
    'Add the key. The decoder of a T5 begins with the padding token: "decoder_start_token_id": 0.',
  );
}
