import { z } from 'zod';
import { requests } from '../../../src-shared/contract/requests.ts';
import { datasetRecordSchema, textDescriptionSchema } from '../../../src-shared/domain/dataset.ts';
import { modelRecordSchema } from '../../../src-shared/domain/model.ts';
import { runConfigSchema } from '../../../src-shared/domain/run.ts';

const model = modelRecordSchema.pick({ name: true, path: true, description: true });
const folder = z.string().describe("a model's folder");
const columns = textDescriptionSchema.shape.columns;
const dataset = datasetRecordSchema.pick({ name: true, source: true });
const part = requests['datasets.texts'].input.omit({ id: true });

/**
 * What is read of files that somebody else may have made, beyond plain text of a limited size: the contract between the backend
 * and the process that does it. Most are the studio's own requests, with what the store knows filled in.
 */
export const readingContract = {
  requests: {
    /** Answered as soon as the process has started: what comes before does not count as reading. */
    ready: { input: z.strictObject({}), output: z.object({ ok: z.literal(true) }) },
    abilities: { input: z.strictObject({ folder }), output: requests['generation.abilities'].output },
    templates: { input: z.strictObject({ folder }), output: requests['generation.templates'].output },
    render: {
      input: requests['generation.render'].input.omit({ model: true }).extend({ folder }),
      output: requests['generation.render'].output,
    },
    fits: {
      input: z.strictObject({
        model,
        datasets: z.array(datasetRecordSchema.pick({ id: true, description: true })),
      }),
      output: requests['models.fits'].output,
    },
    /** Throws what the task of the run has against the tokenizer. */
    checkTokenizer: {
      input: z.strictObject({
        model,
        dataset: datasetRecordSchema.shape.description,
        config: runConfigSchema,
      }),
      output: z.object({ ok: z.literal(true) }),
    },
    inspect: { input: requests['datasets.inspect'].input, output: requests['datasets.inspect'].output },
    texts: { input: part.extend({ dataset }), output: requests['datasets.texts'].output },
    tokens: {
      input: requests['datasets.tokens'].input.omit({ id: true }).extend({ dataset, columns, model }),
      output: requests['datasets.tokens'].output,
    },
    lengths: { input: z.strictObject({ dataset, columns, model }), output: requests['datasets.lengths'].output },
    /** Reads a dataset from end to end, with `rows` events. */
    describe: {
      input: z.strictObject({ source: datasetRecordSchema.shape.source }),
      output: datasetRecordSchema.shape.description,
    },
    /** A run's YAML, checked. */
    run: { input: requests['runs.parse'].input, output: requests['runs.parse'].output },
  },
  events: {
    rows: z.object({ rows: z.number(), bytes: z.number(), totalBytes: z.number() }),
  },
} as const;

export type ReadingContract = typeof readingContract;
