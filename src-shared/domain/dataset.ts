import { z } from 'zod';

/** Where the examples are: what an engine job needs to open them again. `reader` is the id of a reader of the catalog. */
export const datasetSourceSchema = z.object({
  reader: z.string(),
  path: z.string().describe('absolute file or folder'),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
export type DatasetSource = z.infer<typeof datasetSourceSchema>;

export const splitSummarySchema = z.object({
  name: z.enum(['train', 'test']),
  exampleCount: z.number().int(),
  perLabel: z.array(z.number().int()).describe('examples of each label, in the order of labels'),
});
export type SplitSummary = z.infer<typeof splitSummarySchema>;

/** What a column of a file of texts can be taken for. */
export const textColumnRoles = [
  'text',
  'text_pair',
  'label',
  'choices',
  'prompt',
  'input',
  'completion',
  'messages',
] as const;
const columnName = z.string().nullable();
const textColumnsSchema = z.object({
  text: columnName,
  text_pair: columnName.describe('read together with the text'),
  label: columnName,
  choices: columnName.default(null).describe('the answers of a row; its label says which is right'),
  prompt: columnName,
  input: columnName.describe('put after the prompt, as alpaca does'),
  completion: columnName.describe('what is to be written after the prompt'),
  messages: columnName.describe('a conversation'),
});
export type TextColumns = z.infer<typeof textColumnsSchema>;
const textShapeSchema = z.enum(['columns', 'alpaca', 'sharegpt', 'messages']);
export type TextShape = z.infer<typeof textShapeSchema>;

const textDescriptionSchema = z.object({
  shape: textShapeSchema,
  columnNames: z.array(z.string()).describe('all columns of the first rows'),
  columns: textColumnsSchema.describe('which column is taken for what: guessed, or as the options of the source say'),
  labelKind: z.enum(['none', 'classes', 'numbers', 'sets']).describe('sets: several labels an example'),
  splitRule: z.string(),
  rowCount: z.number().int(),
  faultyRows: z.number().int().describe('left out; problems say why'),
  duplicates: z.object({
    comparedRows: z.number().int(),
    withinTrain: z.number().int().describe('rows that repeat an earlier one exactly'),
    withinTest: z.number().int(),
    across: z.number().int().describe('texts that stand in both splits exactly'),
    nearComparedRows: z.number().int(),
    nearAcross: z.number().int().describe('test rows that nearly repeat a training row'),
  }),
});
export type TextDescription = z.infer<typeof textDescriptionSchema>;

/** A data set is of pictures (`text` is null) or of texts (`image` is null and `text` is not). */
export const datasetDescriptionSchema = z.object({
  task: z.enum(['image-classification', 'text']),
  labels: z.array(z.string()),
  text: textDescriptionSchema.nullable().default(null),
  image: z.object({ height: z.number().int(), width: z.number().int(), channels: z.number().int() }).nullable(),
  splits: z.array(splitSummarySchema),
  problems: z
    .array(z.object({ where: z.string(), message: z.string() }))
    .describe('what was skipped, with the row or file'),
  sizeBytes: z.number().int(),
});
export type DatasetDescription = z.infer<typeof datasetDescriptionSchema>;

export const datasetRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  bundled: z.boolean(),
  licence: z.string().nullable(),
  provenance: z.string().nullable(),
  source: datasetSourceSchema,
  description: datasetDescriptionSchema,
  createdAt: z.number(),
});
export type DatasetRecord = z.infer<typeof datasetRecordSchema>;

/** One example of a preview. `pixels` has height × width × channels bytes, row by row. */
export const examplePreviewSchema = z.object({
  index: z.number().int(),
  label: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  channels: z.number().int(),
  pixels: z.instanceof(Uint8Array),
});
export type ExamplePreview = z.infer<typeof examplePreviewSchema>;

/** One example of texts, as a reader made it of a row: `text`, or `completion` (after `prompt`), or `messages`. */
export const textExampleSchema = z.object({
  row: z.string().describe('e.g. row 4711'),
  split: z.enum(['train', 'test']),
  text: z.string().nullable(),
  textPair: z.string().nullable(),
  label: z.union([z.string(), z.array(z.string())]).nullable(),
  choices: z.array(z.string()).nullable().default(null).describe('the label is one of them'),
  prompt: z.string().nullable(),
  completion: z.string().nullable(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).nullable(),
});
export type TextExample = z.infer<typeof textExampleSchema>;
