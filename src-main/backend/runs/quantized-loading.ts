import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';

/** Transformers' names for quantizing a base as it is loaded (BitsAndBytesConfig). */
const flags = { load_in_4bit: 'nf4', load_in_8bit: 'int8' } as const;
const isDetail = (key: string) => /^(bnb_4bit_|llm_int8_)/.test(key);

const keysSchema = z.looseObject({ model: z.unknown().optional() });

/**
 * A run without those keys where they ask for nothing (false, or details without a flag).
 * @throws StudioError invalid_input where they ask for it, with the command that makes such a base.
 */
export function withoutQuantizedLoading(input: unknown): unknown {
  const run = keysSchema.safeParse(input).data;
  if (run === undefined) return input;
  for (const [flag, type] of Object.entries(flags)) {
    if (run[flag] !== true) continue;
    const base = typeof run.model === 'string' ? run.model : 'BASE';
    const isOther = flag === 'load_in_4bit' && run['bnb_4bit_quant_type'] === 'fp4';
    throw new StudioError(
      'invalid_input',
      `The run quantizes its base as it loads (${flag}: true); here a base is quantized once, and trained on as often as you like.`,
      `Run coto models quantize ${base} --type ${type} (the same values as bitsandbytes'${isOther ? '; fp4 is not supported' : ''}), name the copy as model, and leave ${flag} out.`,
    ).at(flag);
  }
  return Object.fromEntries(Object.entries(run).filter(([key]) => !(key in flags) && !isDetail(key)));
}
