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
  z.strictObject({
    function: z.literal('multi_choice_regex'),
    regex_pattern: z.string().default('#### (\\-?[0-9\\.\\,]+)'),
    group_select: z.number().int().default(0),
    fallback: z.string().default('[invalid]'),
    ignore_case: z.boolean().default(false),
    ignore_punctuation: z.boolean().default(false),
    regexes_to_ignore: z.array(z.string()).nullish(),
  }),
]);
export type FilterStep = z.infer<typeof filterStepSchema>;

/** Python's patterns of a step. */
export function patternsOf(step: FilterStep): string[] {
  if (step.function === 'regex') return [step.regex_pattern];
  return step.function === 'multi_choice_regex' ? [step.regex_pattern, ...(step.regexes_to_ignore ?? [])] : [];
}
