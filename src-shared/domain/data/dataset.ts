import { z } from 'zod';
import { answerCountsSchema } from '../evaluation/answer-counts.ts';
import { chatMessageSchema } from '../generation/chat-message.ts';
import { parameterValuesSchema } from '../parameters/parameter.ts';
import { accountingSchema } from './accounting.ts';

/** Location of the examples, as an engine job needs it to open them. `reader` is the id of a reader of the catalog. */
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

/** Roles that a column of a text file can have. */
export const textColumnRoles = [
  'text',
  'text_pair',
  'label',
  'choices',
  'system',
  'prompt',
  'input',
  'history',
  'completion',
  'messages',
  'tools',
  'words',
  'tags',
  'rejected',
  'desirable',
  'question',
  'context',
  'answers',
  'anchor',
  'positive',
  'negative',
] as const;
const columnName = z.string().nullable();
const textColumnsSchema = z.object({
  text: columnName,
  text_pair: columnName.describe('read together with the text'),
  label: columnName,
  choices: columnName.default(null).describe('answer choices of a row; its label is the index of the right one'),
  system: columnName.default(null).describe('the system prompt of a conversation, or what precedes the prompt'),
  prompt: columnName,
  history: columnName.default(null).describe('the turns before the prompt'),
  input: columnName.describe('appended to the prompt, as in Alpaca'),
  completion: columnName.describe('the text to generate after the prompt'),
  messages: columnName.describe('a conversation'),
  tools: columnName.default(null).describe('what the assistant of the conversation may call'),
  words: columnName.default(null).describe('lists of words, each with a tag'),
  tags: columnName.default(null).describe('the tag of each word, in IOB2'),
  rejected: columnName
    .default(null)
    .describe('the worse answer of a preference; without a completion, a conversation beside the messages'),
  desirable: columnName.default(null).describe('whether the completion is wanted, as KTO takes it'),
  question: columnName.default(null).describe('what is asked about the context'),
  context: columnName.default(null).describe('a text that answers the question, or does not'),
  answers: columnName.default(null).describe('SQuAD’s answers: stretches of the context'),
  anchor: columnName.default(null).describe('a text whose nearest one is to be its positive'),
  positive: columnName.default(null).describe('the text that belongs to the anchor'),
  negative: columnName
    .default(null)
    .describe('texts that do not belong to the anchor; several columns with commas between'),
});
export type TextColumns = z.infer<typeof textColumnsSchema>;
export const noColumns: TextColumns = {
  text: null,
  text_pair: null,
  label: null,
  choices: null,
  system: null,
  prompt: null,
  input: null,
  history: null,
  completion: null,
  messages: null,
  tools: null,
  words: null,
  tags: null,
  rejected: null,
  desirable: null,
  question: null,
  context: null,
  answers: null,
  anchor: null,
  positive: null,
  negative: null,
};
const textShapeSchema = z.enum(['columns', 'alpaca', 'sharegpt', 'messages']);
export type TextShape = z.infer<typeof textShapeSchema>;

const labelKindSchema = z.enum(['none', 'classes', 'numbers', 'sets', 'tags']);

const rowProblemSchema = z.object({ where: z.string(), message: z.string() });

export const textDescriptionSchema = z.object({
  shape: textShapeSchema,
  columnNames: z.array(z.string()).describe('all columns of the first rows'),
  columns: textColumnsSchema.describe('role of each column: guessed, or set by the options of the source'),
  labelKind: labelKindSchema.describe('sets: several labels per example; tags: one for each word'),
  splitRule: z.string(),
  rowCount: z.number().int(),
  faultyRows: z.number().int().describe('rows skipped; `problems` gives the reasons'),
  notes: z.array(z.string()).optional().describe('what was guessed about the file'),
  repairs: z.array(rowProblemSchema).optional().describe('what steps changed, with the row'),
  accounting: accountingSchema.optional().describe('use of every column and row; absent in records of older versions'),
  duplicates: z.object({
    comparedRows: z.number().int(),
    withinTrain: z.number().int().describe('rows that duplicate an earlier one exactly'),
    withinTest: z.number().int(),
    across: z.number().int().describe('texts that occur in both splits exactly'),
    nearComparedRows: z.number().int(),
    nearAcross: z.number().int().describe('test rows that nearly repeat a training row'),
    pairs: z
      .array(
        z.object({
          kind: z.enum(['exact', 'near']),
          train: z.string().nullable(),
          test: z.string().nullable(),
          text: z.string(),
        }),
      )
      .optional()
      .describe(
        'the first rows in both splits, with the beginning of the text; of the same text only the row that was read last is known',
      ),
  }),
});
/** Returns true if the rows are conversations, which need a chat template. */
export function areConversations({ shape, columns }: Pick<TextDescription, 'shape' | 'columns'>): boolean {
  return shape === 'messages' || shape === 'sharegpt' || columns.messages !== null;
}

export type TextDescription = z.infer<typeof textDescriptionSchema>;

/** An image by its place in its split, from 0. */
const imagePlaceSchema = z.object({ split: z.enum(['train', 'test']), index: z.number().int() });
export type ImagePlace = z.infer<typeof imagePlaceSchema>;

export const imageDuplicatesSchema = z.object({
  comparedImages: z.number().int(),
  withinTrain: z.number().int().describe('images with the pixels of an earlier one'),
  withinTest: z.number().int(),
  across: z.number().int().describe('images whose pixels occur in both splits'),
  nearComparedImages: z.number().int(),
  nearAcross: z.number().int().describe('test images that look like a training image'),
  pairs: z
    .array(z.object({ kind: z.enum(['exact', 'near']), one: imagePlaceSchema, other: imagePlaceSchema }))
    .describe('the first ones, those across the splits first'),
});
export type ImageDuplicates = z.infer<typeof imageDuplicatesSchema>;

/** A dataset has images (`text` is null) or text (`image` is null and `text` is not). */
export const datasetDescriptionSchema = z.object({
  task: z.enum(['image-classification', 'text']),
  labels: z.array(z.string()),
  text: textDescriptionSchema.nullable().default(null),
  image: z.object({ height: z.number().int(), width: z.number().int(), channels: z.number().int() }).nullable(),
  duplicates: imageDuplicatesSchema.optional().describe('of images; absent where they were not compared'),
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

/** One text example, parsed from a row: `text`, or `completion` (after `prompt`), or `messages`. */
export const textExampleSchema = z.object({
  row: z.string().describe('e.g. row 4711'),
  changes: z.array(z.string()).optional().describe('what a step changed in it, for people'),
  id: z.string().optional().describe('value of a column of its own for ids, if there is one'),
  split: z.enum(['train', 'test']),
  text: z.string().nullable(),
  textPair: z.string().nullable(),
  label: z.union([z.string(), z.array(z.string())]).nullable(),
  choices: z
    .array(z.string())
    .nullable()
    .default(null)
    .describe('answer choices; the label is the index of the right one'),
  prompt: z.string().nullable(),
  completion: z.string().nullable(),
  messages: z
    .array(chatMessageSchema)
    .nullable()
    .describe('with what else the file says of a message, such as tool_calls, for the chat template'),
  tools: z.array(z.unknown()).optional().describe('JSON schemas of functions, for the chat template'),
  templateKwargs: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('variables of the chat template, from the column chat_template_kwargs'),
  words: z.array(z.string()).optional().describe('the text in words'),
  tags: z.array(z.string()).optional().describe('of each word, in IOB2'),
  rejected: z
    .union([z.string(), z.array(chatMessageSchema)])
    .optional()
    .describe('the answer that is worse than the completion; of messages, the conversation that ends with it'),
  desirable: z.boolean().optional().describe('whether the completion is wanted'),
  question: z.string().optional().describe('what is asked about the context'),
  context: z.string().optional(),
  answers: z
    .array(z.object({ text: z.string(), start: z.number().int().describe('first UTF-16 unit in the context') }))
    .optional()
    .describe('right answers to the question, any of which will do; none: the context does not answer it'),
  anchor: z.string().optional().describe('a text whose nearest one is to be its positive'),
  positive: z.string().optional(),
  negatives: z.array(z.string()).optional().describe('texts that do not belong to the anchor'),
});
export type TextExample = z.infer<typeof textExampleSchema>;

/** A row with its outcome: an example, the row's problem, or the reason why it is in neither split. */
const readRowSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('example'), example: textExampleSchema }),
  rowProblemSchema.extend({
    kind: z.literal('fault'),
    lines: z.number().int().optional().describe('how many lines that look like rows it has; absent for one'),
    repaired: textExampleSchema.optional().describe('what the step repair makes of it, where it can'),
  }),
  rowProblemSchema.extend({
    kind: z.literal('left-out'),
    isByHand: z.literal(true).optional().describe('by a step that names the row'),
  }),
]);
export type ReadRow = z.infer<typeof readRowSchema>;

/** Preview of a text file's head, read with the given options. */
export const textInspectionSchema = z.object({
  columnNames: z.array(z.string()).describe('all columns of the first rows'),
  columns: textColumnsSchema.describe('role of each column; all null if none could be assigned'),
  notes: z.array(z.string()).optional().describe('what was guessed about the file'),
  isGuessed: z.boolean().describe('whether the roles were guessed from names and contents'),
  split: z
    .object({
      by: z.enum(['share', 'column', 'file', 'stratified', 'group', 'time']),
      rule: z.string().describe('in words'),
      column: z.string().nullable(),
      values: z.array(z.string()).describe('values of the column in the first rows'),
      testFile: z.string().nullable(),
    })
    .nullable()
    .describe('null if the options do not fit'),
  misfit: z
    .object({ message: z.string(), hint: z.string().nullable() })
    .nullable()
    .describe('why the file cannot be read with these options'),
  rows: z.array(readRowSchema).describe('the first rows; texts are truncated'),
  labelKind: labelKindSchema,
  labels: z.array(z.string()).describe('distinct labels of all rows read; none if they are numbers'),
  rowsRead: z.number().int(),
  isWhole: z.boolean().describe('whether all rows were read'),
  faultyRows: z.number().int().optional().describe('of the rows that were read'),
  repairableRows: z.number().int().optional().describe('of the faulty ones, those that the step repair fixes'),
  problems: z.array(rowProblemSchema).describe('of all rows that were read'),
  repairs: z.array(rowProblemSchema).optional().describe('what steps changed in these rows'),
  offers: z.array(rowProblemSchema).optional().describe('what the step repair would change in faulty rows'),
  accounting: accountingSchema.optional().describe('use of every column and of the rows that were read'),
});
export type TextInspection = z.infer<typeof textInspectionSchema>;

/** A text example as a model reads it. */
export const describedTokensSchema = z.object({
  text: z.string().describe('text of the tokens shown'),
  written: z.enum(['plain', 'template']),
  counts: z
    .enum(['completion', 'text', 'label', 'tags', 'answer', 'nothing'])
    .describe(
      "what the loss is computed on; label: the example's label, none of the tokens; tags: the first token of each word; answer: where it begins and ends",
    ),
  tokens: z
    .array(z.object({ id: z.number().int(), text: z.string(), counted: z.boolean() }))
    .describe('the first ones'),
  tokenCount: z.number().int(),
  countedCount: z.number().int(),
  answers: answerCountsSchema.optional().describe('of a conversation'),
});
export type DescribedTokens = z.infer<typeof describedTokensSchema>;
