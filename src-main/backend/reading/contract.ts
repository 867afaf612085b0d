import { z } from 'zod';
import { errorValueSchema } from '../../../src-shared/contract/errors.ts';
import { requests } from '../../../src-shared/contract/requests.ts';
import { adapterFieldsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { computeIdSchema } from '../../../src-shared/domain/app/catalog.ts';
import { datasetRecordSchema, textDescriptionSchema } from '../../../src-shared/domain/data/dataset.ts';
import { modelDescriptionSchema, modelRecordSchema } from '../../../src-shared/domain/models/model.ts';
import { parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import { runOriginSchema } from '../../../src-shared/domain/runs/imported-run.ts';
import { preparedTaskSchema, scoredQuestionsSchema, taskGroupSchema } from '../../engine/api/benchmarks.ts';
import { conversionRequestSchema, importRequestSchema, readImportSchema } from './adapter-schemas.ts';
import { bundleReadings } from './bundle-schemas.ts';
import { plannedModuleSchema, recordedRunSchema, runCostSchema, runsSchema } from './run-schemas.ts';

/** Tasks in lm-eval's form, whose templates are rendered; `isConfined`: they name files of their folder alone. */
const tasks = z.strictObject({
  path: z.string(),
  isConfined: z.boolean(),
  limit: z.number().int(),
  shots: z.number().int().nullable(),
  prompt: z.strictObject({
    system: z.string().nullable(),
    isMultiturn: z.boolean(),
    templateOf: z.string().nullable().describe('a model with a chat template, which is applied; null: none is'),
  }),
});
const model = modelRecordSchema.pick({ name: true, path: true, description: true });
const folder = z.string().describe("a model's folder");
const columns = textDescriptionSchema.shape.columns;
const dataset = datasetRecordSchema.pick({ name: true, source: true });
const source = datasetRecordSchema.shape.source;
const part = requests['datasets.texts'].input.omit({ id: true });

/**
 * Contract between the backend and the process that parses untrusted files, beyond plain text of a limited size. Most
 * requests are those of the app, with the records filled in.
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
    /** Config and weights' header of a model; all bytes of the weights are read once. */
    model: { input: z.strictObject({ folder }), output: modelRecordSchema.shape.description },
    /** config.json of a model: of exports, and of the programs that would load an adapter. */
    modelConfig: { input: z.strictObject({ folder }), output: z.object({ path: z.string(), value: z.unknown() }) },
    /** Hashes that identify a folder's tokenizer and chat template; null without a tokenizer. */
    tokenizerIdentity: {
      input: z.strictObject({ folder }),
      output: z.object({ tokenizer: z.string(), template: z.string().nullable() }).nullable(),
    },
    fits: {
      input: z.strictObject({
        model,
        datasets: z.array(datasetRecordSchema.pick({ id: true, description: true })),
      }),
      output: requests['models.fits'].output,
    },
    /** The modules that a run would adapt, by the patterns of its settings. */
    plannedModules: {
      input: z.strictObject({ settings: adapterFieldsSchema, description: modelRecordSchema.shape.description }),
      output: z.array(plannedModuleSchema),
    },
    /** Throws what is wrong with the first run that does not fit its model or data. */
    checkRuns: { input: runsSchema({ seedFolder: z.string().nullable() }), output: z.object({ ok: z.literal(true) }) },
    costs: { input: runsSchema({ backend: computeIdSchema }), output: z.array(runCostSchema) },
    benchmarks: {
      input: tasks,
      output: z.object({ tasks: z.array(preparedTaskSchema), groups: z.array(taskGroupSchema) }),
    },
    /** The questions of one task for a study. Throws if their answers cannot be extracted. */
    scoredTask: {
      input: tasks.extend({ metric: z.string().nullable(), filter: z.string().nullable() }),
      output: scoredQuestionsSchema,
    },
    /** The reader for a path, by the names of its files. */
    detect: {
      input: z.strictObject({ path: z.string(), options: parameterValuesSchema.default({}) }),
      output: source,
    },
    /** Reads an adapter, and writes what is imported into a new folder. */
    importAdapter: { input: importRequestSchema, output: readImportSchema },
    /** The same for an adapter whose conversion to LoRA takes long, with `converted` events. */
    convertAdapter: { input: conversionRequestSchema, output: readImportSchema },
    inspect: { input: requests['datasets.inspect'].input, output: requests['datasets.inspect'].output },
    inspectRows: { input: requests['datasets.inspectRows'].input, output: requests['datasets.inspectRows'].output },
    inspectTokens: {
      input: requests['datasets.inspectTokens'].input.extend({ model }),
      output: requests['datasets.inspectTokens'].output,
    },
    texts: { input: part.extend({ dataset }), output: requests['datasets.texts'].output },
    tokens: {
      input: requests['datasets.tokens'].input.omit({ id: true }).extend({ dataset, columns, model }),
      output: requests['datasets.tokens'].output,
    },
    lengths: {
      input: requests['datasets.lengths'].input.omit({ id: true }).extend({ dataset, columns, model }),
      output: requests['datasets.lengths'].output,
    },
    /** Images of a split, from `offset` on. */
    preview: {
      input: requests['datasets.preview'].input.omit({ id: true }).extend({ source }),
      output: requests['datasets.preview'].output,
    },
    image: { input: requests['classification.image'].input, output: requests['classification.image'].output },
    /** Reads a dataset from end to end, with `rows` events. */
    describe: {
      input: z.strictObject({
        source,
        compares: z.boolean().default(false).describe('images with each other, which decodes all of them'),
      }),
      output: datasetRecordSchema.shape.description,
    },
    /** Runs that other programs recorded, each as an event; what cannot be read is told. Null: the path has none. */
    recordedRuns: {
      input: z.strictObject({ path: z.string() }),
      output: z.object({ problems: z.array(errorValueSchema) }),
    },
    /** Refuses an unsupported model folder by config.json, or describes it by the headers of its weights; the sizes are of the whole files. */
    checkModelHead: {
      input: z.strictObject({ folder, wholeBytes: z.record(z.string(), z.number()) }),
      output: z.object({ description: modelDescriptionSchema.nullable() }),
    },
    /** Refuses an unsupported GGUF file by its start, or writes the heads of its model into an empty folder; null: more of the file is needed. */
    checkGgufHead: {
      input: z.strictObject({ file: z.string(), wholeBytes: z.number(), folder }),
      output: z.object({ convertedBytes: z.number().nullable() }),
    },
    /** Writes a GGUF file's model into an empty folder, with `written` events. */
    convertGguf: {
      input: z.strictObject({ file: z.string(), folder, decoded: z.boolean() }),
      output: z.object({ warnings: z.array(z.string()) }),
    },
    /** A run's YAML, checked. */
    run: { input: requests['runs.parse'].input, output: requests['runs.parse'].output },
    ...bundleReadings,
  },
  events: {
    rows: z.object({ rows: z.number(), bytes: z.number(), totalBytes: z.number() }),
    written: z.object({ bytes: z.number(), totalBytes: z.number() }),
    converted: z.object({ modules: z.number(), totalModules: z.number() }),
    run: z.object({ format: runOriginSchema.shape.format, path: z.string(), run: recordedRunSchema }),
  },
} as const;

export type ReadingContract = typeof readingContract;
