import path from 'node:path';
import { z } from 'zod';
import { readModelJson } from '../models/huggingface/model-json.ts';

const ids = z
  .union([z.number().int(), z.array(z.number().int())])
  .nullish()
  .transform((given) => (given === null || given === undefined ? null : [given].flat()));
const schema = z.looseObject({ eos_token_id: ids, pad_token_id: z.number().int().nullish() });

export interface EndTokens {
  /** Tokens that end a text; empty if the files name none. */
  readonly eos: readonly number[];
  /** Padding of rows that have ended. */
  readonly pad: number;
}

/**
 * Reads which tokens end a text: generation_config.json's, else config.json's.
 * @throws StudioError invalid_file naming the file and the key.
 */
export async function readEndTokens(directory: string): Promise<EndTokens> {
  const own = await readModelJson(path.join(directory, 'generation_config.json'), schema);
  const model = await readModelJson(path.join(directory, 'config.json'), schema);
  const eos = own?.eos_token_id ?? model?.eos_token_id ?? [];
  return { eos, pad: own?.pad_token_id ?? model?.pad_token_id ?? eos[0] ?? 0 };
}
