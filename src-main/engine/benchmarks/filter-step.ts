import { z } from 'zod';

/** A step of a filter: what it does with a generated text. */
export const filterStepSchema = z.discriminatedUnion('function', [
  z.strictObject({ function: z.literal('take_first') }),
  z.strictObject({ function: z.literal('remove_whitespace') }),
  z.strictObject({ function: z.literal('lowercase') }),
  z.strictObject({ function: z.literal('uppercase') }),
  z.strictObject({
    function: z.literal('regex'),
    regex_pattern: z.string().default('#### (\\-?[0-9\\.\\,]+)'),
    group_select: z.number().int().default(0),
    fallback: z.string().default('[invalid]'),
  }),
]);
export type FilterStep = z.infer<typeof filterStepSchema>;
