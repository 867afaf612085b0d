import { z } from 'zod';
import { parameterValuesSchema } from './parameter.ts';

/** Where the examples are: what an engine job needs to open them again. `reader` is the id of a reader of the catalog. */
export const datasetSourceSchema = z.object({
  reader: z.string(),
  path: z.string().describe('absolute file or folder'),
  options: parameterValuesSchema.default({}),
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
export const noColumns: TextColumns = {
  text: null,
  text_pair: null,
  label: null,
  choices: null,
  prompt: null,
  input: null,
  completion: null,
  messages: null,
};
const textShapeSchema = z.enum(['columns', 'alpaca', 'sharegpt', 'messages']);
export type TextShape = z.infer<typeof textShapeSchema>;

const labelKindSchema = z.enum(['none', 'classes', 'numbers', 'sets']);

const textDescriptionSchema = z.object({
  shape: textShapeSchema,
  columnNames: z.array(z.string()).describe('all columns of the first rows'),
  columns: textColumnsSchema.describe('which column is taken for what: guessed, or as the options of the source say'),
  labelKind: labelKindSchema.describe('sets: several labels an example'),
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

const rowProblemSchema = z.object({ where: z.string(), message: z.string() });

/** A dataset is of images (`text` is null) or of texts (`image` is null and `text` is not). */
export const datasetDescriptionSchema = z.object({
  task: z.enum(['image-classification', 'text']),
  labels: z.array(z.string()),
  text: textDescriptionSchema.nullable().default(null),
  image: z.object({ height: z.number().int(), width: z.number().int(), channels: z.number().int() }).nullable(),
  splits: z.array(splitSummarySchema),
  problems: z.array(rowProblemSchema).describe('what was skipped, with the row or file'),
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

/** A row with what came of it: an example, a fault of the row, or why it is of no split. */
const readRowSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('example'), example: textExampleSchema }),
  rowProblemSchema.extend({ kind: z.enum(['fault', 'left-out']) }),
]);
export type ReadRow = z.infer<typeof readRowSchema>;

/** How the head of a file of texts would be read by some options. */
export const textInspectionSchema = z.object({
  columnNames: z.array(z.string()).describe('all columns of the first rows'),
  columns: textColumnsSchema.describe('which column is taken for what; all null where none could be'),
  isGuessed: z.boolean().describe('whether columns were taken from their names and contents'),
  split: z
    .object({
      by: z.enum(['share', 'column', 'file']),
      rule: z.string().describe('in words'),
      column: z.string().nullable(),
      values: z.array(z.string()).describe('what the column says in the first rows'),
      testFile: z.string().nullable(),
    })
    .nullable()
    .describe('null where the options do not fit'),
  misfit: z
    .object({ message: z.string(), hint: z.string().nullable() })
    .nullable()
    .describe('why the file cannot be read by these options'),
  rows: z.array(readRowSchema).describe('the first ones; texts are cut'),
  labelKind: labelKindSchema,
  labels: z.array(z.string()).describe('the different ones of all rows that were read; none where they are numbers'),
  rowsRead: z.number().int(),
  isWhole: z.boolean().describe('whether those are all rows there are'),
  problems: z.array(rowProblemSchema).describe('of all rows that were read'),
});
export type TextInspection = z.infer<typeof textInspectionSchema>;

/** An example of texts as a model reads it. */
export const describedTokensSchema = z.object({
  text: z.string().describe('of the tokens that are shown'),
  written: z.enum(['plain', 'template']),
  counts: z
    .enum(['completion', 'text', 'label', 'nothing'])
    .describe("what the loss is taken over; label: none of the tokens, but the example's label"),
  tokens: z
    .array(z.object({ id: z.number().int(), text: z.string(), counted: z.boolean() }))
    .describe('the first ones'),
  tokenCount: z.number().int(),
  countedCount: z.number().int(),
});
export type DescribedTokens = z.infer<typeof describedTokensSchema>;
