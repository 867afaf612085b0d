import { z } from 'zod';

const label = z.string().trim().min(1).max(1000);
/** Place of a row: "row 5", in several files "train.csv, row 5". */
const place = z.string().trim().min(1).max(1000);

/** One step between a file's rows and the examples that are learned; written down with the dataset and repeated on reading. */
export const dataStepSchema = z.discriminatedUnion('step', [
  z.object({ step: z.literal('repair') }),
  z.object({ step: z.literal('trim') }),
  z.object({ step: z.literal('unescape') }),
  z.object({ step: z.literal('drop-faulty') }),
  z.object({ step: z.literal('drop-duplicates') }),
  z.object({ step: z.literal('drop-leaks') }),
  z.object({ step: z.literal('drop-near-leaks') }),
  z.object({
    step: z.literal('sample'),
    rows: z.number().int().min(1),
    seed: z.number().int().min(0).describe('a seed always draws the same rows, and more rows contain fewer'),
  }),
  z.object({ step: z.literal('merge-labels') }),
  z.object({ step: z.literal('rename-label'), from: label, to: label }),
  z.object({
    step: z.literal('edit'),
    row: place.describe('as the preview and the problems name it'),
    column: z.string().min(1).max(1000),
    value: z.json().describe('the cell from now on'),
  }),
  z.object({ step: z.literal('drop-row'), row: place }),
]);
export type DataStep = z.infer<typeof dataStepSchema>;
/** A step of one row, which takes effect before all others: they see the row as it was edited. */
export type RowStep = Extract<DataStep, { step: 'edit' | 'drop-row' }>;

export function isRowStep(step: DataStep): step is RowStep {
  return step.step === 'edit' || step.step === 'drop-row';
}

/** Notation of the steps. */
export const dataStepUsage =
  'repair, trim, unescape, drop-faulty, drop-duplicates, drop-leaks, drop-near-leaks, sample=1000 (or sample=1000@7, 7 being the seed), merge-labels, rename-label=old:new, edit={"row":"row 5","column":"label","value":"new"}, drop-row=row 5';

/** Most steps of a dataset: some of them read the file once more. */
const maxSteps = 32;
/** Most edited cells and dropped rows of a dataset. */
const maxRowSteps = 10_000;

/** Parses "drop-duplicates; sample=1000"; a string is the sentence that says what is wrong. */
export function parseDataSteps(text: string): DataStep[] | string {
  const steps: DataStep[] = [];
  for (const part of partsOf(text)) {
    const step = dataStepSchema.safeParse(fieldsOf(part));
    if (!step.success) return `"${part.slice(0, 100)}" is no step.`;
    steps.push(step.data);
  }
  const rowSteps = steps.filter(isRowStep).length;
  const others = steps.length - rowSteps;
  if (others > maxSteps) return `There are ${others} steps; at most ${maxSteps} are taken.`;
  if (rowSteps > maxRowSteps) return `There are ${rowSteps} edits of rows; at most ${maxRowSteps} are taken.`;
  return steps;
}

/** Writes steps in the notation that `parseDataSteps` reads. */
export function writeDataSteps(steps: readonly DataStep[]): string {
  return steps.map(written).join('; ');
}

function written(step: DataStep): string {
  switch (step.step) {
    case 'sample':
      return `sample=${step.rows}@${step.seed}`;
    case 'rename-label':
      return `rename-label=${step.from}:${step.to}`;
    case 'edit':
      return `edit=${JSON.stringify({ row: step.row, column: step.column, value: step.value })}`;
    case 'drop-row':
      return `drop-row=${JSON.stringify(step.row)}`;
    default:
      return step.step;
  }
}

/** Steps that take the rows out of the training split whose text is in the test split too. */
export function leakSteps({
  across,
  nearAcross,
}: {
  readonly across: number;
  readonly nearAcross: number;
}): DataStep[] {
  return [
    ...(across > 0 ? [{ step: 'drop-leaks' } as const] : []),
    ...(nearAcross > 0 ? [{ step: 'drop-near-leaks' } as const] : []),
  ];
}

/** Adds steps to those of a dataset, in their notation; one that it has already is not repeated. */
export function addDataSteps(before: string, added: readonly DataStep[]): string {
  const steps = parseDataSteps(before);
  // Steps that are still being written stay as they are.
  if (typeof steps === 'string') return [before, writeDataSteps(added)].join('; ');
  return writeDataSteps([...steps, ...added.filter(({ step }) => steps.every((one) => one.step !== step))]);
}

/** Splits at semicolons and line ends outside the JSON strings of row steps. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (isQuoted && character === '\\') part += text.charAt(at++);
    else if (character === '"' && /^\s*(?:edit|drop-row)\s*=/.test(part)) isQuoted = !isQuoted;
    else if (!isQuoted && (character === ';' || character === '\n')) {
      parts.push(part);
      part = '';
      continue;
    }
    part += text.charAt(at);
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '');
}

function fieldsOf(part: string): object {
  const end = part.indexOf('=');
  if (end < 0) return { step: part };
  const [step, value] = [part.slice(0, end).trim(), part.slice(end + 1).trim()];
  switch (step) {
    case 'sample': {
      const [, rows, seed = '0'] = /^(\d+)(?:@(\d+))?$/.exec(value) ?? [];
      return { step, rows: Number(rows), seed: Number(seed) };
    }
    case 'rename-label': {
      const colon = value.indexOf(':');
      return colon < 0 ? {} : { step, from: value.slice(0, colon), to: value.slice(colon + 1) };
    }
    case 'edit':
      return { ...editSchema.safeParse(parsed(value)).data, step };
    case 'drop-row':
      return { step, row: value.startsWith('"') ? parsed(value) : value };
    default:
      return {};
  }
}

const editSchema = z.strictObject({ row: z.string(), column: z.string(), value: z.json() });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
