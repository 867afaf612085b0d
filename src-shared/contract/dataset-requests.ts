import { z } from 'zod';
import {
  datasetRecordSchema,
  datasetSourceSchema,
  describedTokensSchema,
  examplePreviewSchema,
  textExampleSchema,
  textInspectionSchema,
} from '../domain/data/dataset.ts';
import { editableRowsSchema, rowQuerySchema } from '../domain/data/edited-rows.ts';
import { answerCountsSchema } from '../domain/evaluation/answer-counts.ts';
import { cachedDatasetSchema } from '../domain/models/hub.ts';
import { untrainedTokenSchema } from '../domain/models/untrained-tokens.ts';
import { parameterValuesSchema } from '../domain/parameters/parameter.ts';
import { taskSettingsSchema } from '../domain/runs/task.ts';
import { byId, done, nothing, removal } from './request-shapes.ts';

/** Requests about datasets, as `requests` lists them. */
export const datasetRequests = {
  'datasets.list': { input: nothing, output: z.array(datasetRecordSchema) },
  /** Lists the datasets in the local cache of Hugging Face's datasets library; each path can be added. */
  'datasets.cached': { input: nothing, output: z.array(cachedDatasetSchema) },
  'datasets.get': { input: byId, output: datasetRecordSchema },
  /** `options` are the options of the path's reader, e.g. which column is the label. */
  'datasets.add': {
    input: z.strictObject({
      path: z.string(),
      name: z.string().optional(),
      options: parameterValuesSchema.optional(),
    }),
    output: datasetRecordSchema,
  },
  /**
   * Previews how a path would be read before it is added; reads only the head of the file. `text` is null for images.
   */
  'datasets.inspect': {
    input: z.strictObject({ path: z.string(), options: parameterValuesSchema.default({}) }),
    output: z.object({ name: z.string(), source: datasetSourceSchema, text: textInspectionSchema.nullable() }),
  },
  /** Rows of such a path with their cells and outcomes, for an editor; only of texts. */
  'datasets.inspectRows': {
    input: rowQuerySchema.extend({ path: z.string(), options: parameterValuesSchema.default({}) }),
    output: editableRowsSchema,
  },
  /** The rows of such a preview as a model would read them in training; `example` is the one at `place`, whole. */
  'datasets.inspectTokens': {
    input: z.strictObject({
      path: z.string(),
      options: parameterValuesSchema.default({}),
      model: z.string(),
      place: z.number().int().min(0).default(0),
      row: z.string().optional().describe('only the row at this place of the file, e.g. row 5'),
    }),
    output: z.object({
      rows: z.array(
        z.object({
          row: z.string(),
          tokens: z.number().int().nullable().describe('null where the chat template refuses it: see problem'),
          counted: z.number().int().describe('tokens in the loss'),
          problem: z.string().nullable(),
        }),
      ),
      example: describedTokensSchema.nullable(),
      maxPositions: z.number().int(),
    }),
  },
  /** Reads a dataset again with other reader options. Its id stays; refused while a run is training on it. */
  'datasets.update': {
    input: z.strictObject({ id: z.string(), options: parameterValuesSchema }),
    output: datasetRecordSchema,
  },
  /** Compares the images of a dataset with each other: see `description.duplicates`. */
  'datasets.compareImages': { input: byId, output: datasetRecordSchema },
  'datasets.remove': { input: removal, output: done },
  'datasets.preview': {
    input: z.strictObject({
      id: z.string(),
      split: z.enum(['train', 'test']),
      offset: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(200).default(48),
      label: z.number().int().nullable().default(null),
      indices: z.array(z.number().int().min(0)).max(200).optional().describe('these examples instead'),
    }),
    output: z.array(examplePreviewSchema),
  },
  /** Examples of a text dataset; texts are truncated to `characters` characters. */
  'datasets.texts': {
    input: z.strictObject({
      id: z.string(),
      split: z.enum(['train', 'test']),
      offset: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(200).default(48),
      characters: z.number().int().min(1).max(1_000_000).default(2000),
    }),
    output: z.array(textExampleSchema),
  },
  /** The first tokens of one example as the model reads it. */
  'datasets.tokens': {
    input: z.strictObject({
      id: z.string(),
      split: z.enum(['train', 'test']),
      index: z.number().int().min(0),
      model: z.string(),
      chat_template: taskSettingsSchema.shape.chat_template.unwrap().optional().describe('as of a run'),
    }),
    output: describedTokensSchema,
  },
  /**
   * Token counts of the first 1000 training examples, in order, and counts of their answers. `unwritable` counts the examples
   * that the template rejects.
   */
  'datasets.lengths': {
    input: z.strictObject({
      id: z.string(),
      model: z.string(),
      chat_template: taskSettingsSchema.shape.chat_template.unwrap().optional().describe('as of a run'),
    }),
    output: z.object({
      lengths: z.array(z.number().int()),
      unwritable: z.number().int(),
      answers: answerCountsSchema,
      untrained: z.array(untrainedTokenSchema).describe('added tokens in these examples that the base never learned'),
      maxPositions: z.number().int(),
    }),
  },
} as const;
