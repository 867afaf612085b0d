import { z } from 'zod';
import type { NestedScales } from './nested-scales.ts';

/** Ending of the tensor that describes a weight of 4 bits; its bytes are JSON. */
export const stateEnding = '.quant_state.bitsandbytes__nf4';
/** Suffix of an unsupported type. */
export const fp4Ending = '.quant_state.bitsandbytes__fp4';
/** Ending of the largest magnitudes of the rows of an int8 weight, where the weight's own is `.weight`. */
export const rowsEnding = '.SCB';
export const formatEnding = '.weight_format';

/** State that bitsandbytes stores with a 4-bit weight (QuantState.as_dict). */
export const quantStateSchema = z.looseObject({
  quant_type: z.literal('nf4'),
  blocksize: z.number().int().positive(),
  shape: z.array(z.number().int().positive()),
  nested_blocksize: z.number().int().positive().optional(),
  nested_offset: z.number().optional(),
});
export type QuantState = z.infer<typeof quantStateSchema>;

/** The longest text that a shape and a number can make: the header of the file comes before the numbers. */
export const stateBytes = 320;

/** The bytes of the state, padded with spaces, which JSON allows. */
export function stateText(shape: readonly number[], dtype: string, { blocksize, offset }: NestedScales): Uint8Array {
  const state = {
    quant_type: 'nf4',
    blocksize: 64,
    dtype,
    shape,
    nested_blocksize: blocksize,
    nested_dtype: 'float32',
    nested_offset: offset,
  };
  return new TextEncoder().encode(JSON.stringify(state).padEnd(stateBytes));
}
