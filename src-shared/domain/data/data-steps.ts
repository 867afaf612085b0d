import { z } from 'zod';

const label = z.string().trim().min(1).max(1000);

/** One step between a file's rows and the examples that are learned; written down with the dataset and repeated on reading. */
export const dataStepSchema = z.discriminatedUnion('step', [
  z.object({ step: z.literal('repair') }),
  z.object({ step: z.literal('trim') }),
  z.object({ step: z.literal('unescape') }),
  z.object({ step: z.literal('drop-faulty') }),
  z.object({ step: z.literal('drop-duplicates') }),
  z.object({ step: z.literal('drop-leaks') }),
  z.object({
    step: z.literal('sample'),
    rows: z.number().int().min(1),
    seed: z.number().int().min(0).describe('a seed always draws the same rows, and more rows contain fewer'),
  }),
  z.object({ step: z.literal('rename-label'), from: label, to: label }),
]);
export type DataStep = z.infer<typeof dataStepSchema>;

/** Notation of the steps. */
export const dataStepUsage =
  'repair, trim, unescape, drop-faulty, drop-duplicates, drop-leaks, sample=1000 (or sample=1000@7, 7 being the seed), rename-label=old:new';

/** Most steps of a dataset: some of them read the file once more. */
const maxSteps = 32;

/** Parses "drop-duplicates; sample=1000"; a string is the sentence that says what is wrong. */
export function parseDataSteps(text: string): DataStep[] | string {
  const parts = text
    .split(/[;\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length > maxSteps) return `There are ${parts.length} steps; at most ${maxSteps} are taken.`;
  const steps: DataStep[] = [];
  for (const part of parts) {
    const step = dataStepSchema.safeParse(fieldsOf(part));
    if (!step.success) return `"${part.slice(0, 100)}" is no step.`;
    steps.push(step.data);
  }
  return steps;
}

function fieldsOf(part: string): object {
  const end = part.indexOf('=');
  if (end < 0) return { step: part };
  const [step, value] = [part.slice(0, end).trim(), part.slice(end + 1).trim()];
  if (step === 'sample') {
    const [, rows, seed = '0'] = /^(\d+)(?:@(\d+))?$/.exec(value) ?? [];
    return { step, rows: Number(rows), seed: Number(seed) };
  }
  if (step !== 'rename-label') return {};
  const colon = value.indexOf(':');
  return colon < 0 ? {} : { step, from: value.slice(0, colon), to: value.slice(colon + 1) };
}
