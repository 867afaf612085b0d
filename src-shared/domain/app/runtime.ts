import { z } from 'zod';
import { parameterValuesSchema } from '../parameters/parameter.ts';

/** Compatibility of an adapter with one program, with advice. */
export const runtimeVerdictSchema = z.object({
  id: z.string(),
  label: z.string().describe('the program, e.g. llama.cpp'),
  verdict: z
    .enum(['yes', 'converted', 'no'])
    .describe(
      'yes: as the PEFT folder that it is; converted: after the export that the remedy names; no: not as an adapter',
    ),
  message: z.string(),
  remedy: z
    .object({ target: z.string().describe('id of an export target'), parameters: parameterValuesSchema.default({}) })
    .nullable(),
  source: z.string().describe('where the rules are, and of which version'),
});
export type RuntimeVerdict = z.infer<typeof runtimeVerdictSchema>;

/** The words for a verdict. */
export const verdictWords: Readonly<Record<RuntimeVerdict['verdict'], string>> = {
  yes: 'yes',
  converted: 'after conversion',
  no: 'no',
};
