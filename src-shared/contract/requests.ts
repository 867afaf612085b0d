import { z } from 'zod';
import { adapterContentsSchema, adapterNormsSchema, adapterRecordSchema } from '../domain/adapters/adapter.ts';
import {
  catalogSchema,
  computeBackendReportSchema,
  computeIdSchema,
  doctorReportSchema,
  settingsChangesSchema,
  settingsSchema,
  systemStatusSchema,
  tensorflowSetupSchema,
} from '../domain/app/catalog.ts';
import { checkResultSchema } from '../domain/app/doctor-check.ts';
import {
  reportFileSchema,
  reportRecordSchema,
  reportRequestSchema,
  reportSummarySchema,
} from '../domain/app/report.ts';
import { unreadableRowSchema } from '../domain/app/unreadable-row.ts';
import { benchmarkRequestSchema, taskSummarySchema } from '../domain/evaluation/benchmark.ts';
import { benchmarkRecordSchema } from '../domain/evaluation/benchmark-record.ts';
import { classificationRequestSchema, imagePreviewSchema } from '../domain/evaluation/classification.ts';
import {
  adapterScoreSchema,
  datasetFitSchema,
  evaluationRequestSchema,
  preflightLineSchema,
} from '../domain/evaluation/evaluation.ts';
import { chatContentSchema, chatRecordSchema, chatSummarySchema } from '../domain/generation/chat.ts';
import { chatMessageSchema } from '../domain/generation/chat-message.ts';
import {
  generationStartSchema,
  modelDefaultsSchema,
  renderedPromptSchema,
  templateChoicesSchema,
  toolsSchema,
} from '../domain/generation/generation.ts';
import { embeddingRequestSchema } from '../domain/generation/text-embeddings.ts';
import { heldQueueSchema } from '../domain/jobs/held-queue.ts';
import { jobAnswerSchema, jobRecordSchema } from '../domain/jobs/job.ts';
import { identityTestSchema, mergeInputSchema, placeboSchema, tuningSchema } from '../domain/merging/merge.ts';
import { mergeabilitySchema } from '../domain/merging/mergeability.ts';
import { routeRequestSchema } from '../domain/merging/route.ts';
import { updateProductsSchema } from '../domain/merging/update-products.ts';
import { parameterValuesSchema } from '../domain/parameters/parameter.ts';
import { pretrainConfigSchema } from '../domain/runs/pretrain.ts';
import { runConfigSchema, runRecordSchema } from '../domain/runs/run.ts';
import { tunedVerdictSchema } from '../domain/runs/tuned.ts';
import { registeredStudySchema, registrationSchema } from '../domain/studies/registration.ts';
import { studyFileSchema, studyRecordSchema } from '../domain/studies/study.ts';
import { studyForecastSchema } from '../domain/studies/study-forecast.ts';
import { packageCheckSchema } from '../domain/studies/study-package.ts';
import { openedKindSchema } from '../opened-files.ts';
import { studyConfigSchema } from '../studies/index.ts';
import { bundleRequests } from './bundle-requests.ts';
import { datasetRequests } from './dataset-requests.ts';
import { modelRequests } from './model-requests.ts';
import { byId, deletableListSchema, done, nothing, removal } from './request-shapes.ts';
import { runRequests } from './run-requests.ts';
import { targetRequests } from './target-requests.ts';

const weightedAdapters = z.array(mergeInputSchema).min(1);

/**
 * Every request of a client with the schemas of its argument and its result. Names are domain.verb.
 * A request that starts work returns the job at once; its end is reported as an event.
 */
export const requests = {
  'app.doctor': { input: nothing, output: doctorReportSchema },
  /** Returns diagnostics for an error report, without the user's data, prompts, names and paths. */
  'app.diagnostics': { input: nothing, output: z.object({ text: z.string() }) },
  /** Takes seconds; refused while a job runs. */
  'app.measure': { input: z.strictObject({ backend: computeIdSchema }), output: computeBackendReportSchema },
  /** Rows of the database that cannot be read, and are in no list. */
  'app.unreadable': { input: nothing, output: z.array(unreadableRowSchema) },
  /** Checks the home for `coto doctor`; reads the entire database. */
  'app.checks': { input: nothing, output: z.array(checkResultSchema) },
  /** Deletes such a row; its files only where that is asked for, which is refused while a job runs. */
  'app.deleteUnreadable': {
    input: z.strictObject({ id: z.string(), files: z.boolean().default(false) }),
    output: unreadableRowSchema,
  },
  /** Deletes the folders in the home that no row names, or the one at `path`; refused while a job runs. */
  'app.removeStrays': {
    input: z.strictObject({ path: z.string().nullable().default(null).describe('relative to the home') }),
    output: z.object({ freedBytes: z.number() }),
  },
  /** Gives runs and adapters that were added without their base the one that their folders name; refused while a job runs. */
  'app.fillInBases': { input: nothing, output: z.object({ runs: z.number(), adapters: z.number() }) },
  /** Says what a file or folder is that was opened or dropped, with the text of a run's or a study's YAML file. */
  'app.identify': {
    input: z.strictObject({ path: z.string() }),
    output: z.object({ kind: openedKindSchema, text: z.string().nullable() }),
  },
  'app.status': { input: nothing, output: systemStatusSchema },
  'app.catalog': { input: nothing, output: catalogSchema },
  /** Sets libtensorflow up (see `npm run setup:tensorflow`) in the background; `state` returns the progress. */
  'tensorflow.state': { input: nothing, output: tensorflowSetupSchema },
  'tensorflow.setup': {
    input: z.strictObject({ device: z.enum(['auto', 'cpu', 'gpu']) }),
    output: tensorflowSetupSchema,
  },
  'tensorflow.cancel': { input: nothing, output: tensorflowSetupSchema },
  'settings.get': { input: nothing, output: settingsSchema },
  'settings.set': { input: settingsChangesSchema, output: settingsSchema },

  /** Brings back what was deleted a moment ago with `undoMilliseconds`. */
  'deletions.undo': {
    input: z.strictObject({ list: deletableListSchema, ids: z.array(z.string()).min(1) }),
    output: done,
  },

  ...bundleRequests,
  ...datasetRequests,
  ...modelRequests,
  ...runRequests,
  ...targetRequests,

  'adapters.list': { input: nothing, output: z.array(adapterRecordSchema) },
  'adapters.get': { input: byId, output: adapterRecordSchema },
  /** Summarizes the tensors in the adapter's folder. */
  'adapters.contents': { input: byId, output: adapterContentsSchema },
  /** Reads every tensor of the adapter; the answer is kept until the folder changes. */
  'adapters.norms': { input: byId, output: adapterNormsSchema },
  /** Its scores on the test splits of datasets, the newest first: one for each dataset and number of examples. */
  'adapters.scores': { input: byId, output: z.array(adapterScoreSchema) },
  'adapters.import': {
    input: z.strictObject({
      path: z.string(),
      modelId: z.string().optional(),
      name: z.string().optional(),
      rank: z.number().int().min(1).max(1024).optional().describe('the highest of a module that is converted to LoRA'),
    }),
    output: adapterRecordSchema,
  },
  'adapters.export': {
    input: z.strictObject({ id: z.string(), directory: z.string() }),
    output: z.object({ directory: z.string() }),
  },
  'adapters.update': {
    input: z.strictObject({
      id: z.string(),
      name: z.string().min(1).optional(),
      tags: z.array(z.string()).optional(),
      starred: z.boolean().optional(),
      archived: z.boolean().optional(),
    }),
    output: adapterRecordSchema,
  },
  'adapters.remove': { input: removal, output: z.object({ freedBytes: z.number() }) },

  /**
   * Exports an adapter to `path` in the format `target`. Nothing is overwritten: where `path` exists, a number is
   * appended to it if it is `numbered`, and else the export is refused.
   */
  'export.start': {
    input: z.strictObject({
      adapterId: z.string(),
      target: z.string(),
      path: z.string(),
      numbered: z.boolean().default(false),
      replace: z.boolean().default(false).describe('replaces a file at the path, as a save dialog has confirmed'),
      parameters: parameterValuesSchema.default({}),
    }),
    output: jobRecordSchema,
  },

  'evaluate.start': { input: evaluationRequestSchema, output: jobRecordSchema },
  /** For each dataset whether the model, alone or with an adapter, can be evaluated on it. */
  'evaluate.datasets': {
    input: z.strictObject({ model: z.string(), adapterId: z.string().nullable().default(null) }),
    output: z.array(datasetFitSchema),
  },

  /** The tasks in lm-eval's form in a YAML file or a folder, as their files describe them. */
  'benchmarks.tasks': { input: benchmarkRequestSchema.pick({ tasks: true }), output: z.array(taskSummarySchema) },
  /** Runs tasks by a base and its adapters side by side. */
  'benchmarks.start': { input: benchmarkRequestSchema, output: jobRecordSchema },
  /** Lists benchmarked models and adapters, newest first; the scores are the job's result. */
  'benchmarks.list': { input: nothing, output: z.array(benchmarkRecordSchema) },
  /** Deletes one that has ended, with its scores. */
  'benchmarks.remove': { input: byId, output: done },

  /**
   * Trains a base model from scratch and writes it to `path`, which must not exist yet. After `jobs.pause`, starting
   * it again with the same settings and path resumes it.
   */
  'pretrain.start': {
    input: z.strictObject({ config: pretrainConfigSchema, path: z.string(), name: z.string().optional() }),
    output: jobRecordSchema,
  },

  /** Reports problems with the model's tokenizer, chat template support, and the folder's generation defaults. */
  'generation.abilities': {
    input: z.strictObject({ model: z.string() }),
    output: z.object({ problem: z.string().nullable(), chat: z.boolean(), defaults: modelDefaultsSchema }),
  },
  'chats.list': { input: nothing, output: z.array(chatSummarySchema) },
  'chats.get': { input: byId, output: chatRecordSchema },
  /** Keeps a conversation under an id that the window chooses; `name` counts only the first time. */
  'chats.save': {
    input: z.strictObject({
      id: z.string().regex(/^[\w-]{8,64}$/),
      name: z.string().min(1),
      modelId: z.string(),
      content: chatContentSchema,
    }),
    output: chatRecordSchema,
  },
  'chats.rename': { input: z.strictObject({ id: z.string(), name: z.string().min(1) }), output: chatRecordSchema },
  'chats.remove': { input: removal, output: done },
  /** The likeliest classes of an image by a base and its adapters, side by side; all in one answer. */
  'classification.start': { input: classificationRequestSchema, output: jobRecordSchema },
  /** A small copy of an image file. @throws StudioError invalid_file in one sentence if it is none */
  'classification.image': { input: z.strictObject({ path: z.string() }), output: imagePreviewSchema },
  /** Ids of the adapters that give rewards: they compare two answers to a prompt. */
  'generation.scorers': { input: nothing, output: z.array(z.string()) },
  /** Chat templates to choose from: the model's own and published ones. */
  'generation.templates': { input: z.strictObject({ model: z.string() }), output: templateChoicesSchema },
  /** Renders a conversation with the model's own template or another. A broken template is no error here. */
  'generation.render': {
    input: z.strictObject({
      model: z.string(),
      messages: z.array(chatMessageSchema),
      template: z.string().nullable().default(null),
      tools: toolsSchema.nullable().default(null),
      addGenerationPrompt: z.boolean().default(true),
    }),
    output: renderedPromptSchema,
  },
  /** Text is streamed as `generation.text` events; the result has the complete texts. */
  'generation.start': { input: generationStartSchema, output: jobRecordSchema },
  /** Removes a generation or embeddings that have ended, with prompt and result. */
  'generation.remove': { input: byId, output: done },
  /** Vectors of texts by a sentence model, or by an embedding adapter on its base. Opening the studio removes the result. */
  'embeddings.start': { input: embeddingRequestSchema, output: jobRecordSchema },

  'merge.preflight': {
    input: z.strictObject({
      adapters: weightedAdapters,
      method: z.string(),
      parameters: parameterValuesSchema.default({}),
    }),
    output: z.array(preflightLineSchema),
  },
  /**
   * Returns the products of the adapters' updates, from which the effect of any weights follows. Reads all tensors,
   * once while they are unchanged.
   */
  'merge.products': {
    input: z.strictObject({ adapters: z.array(z.string()).min(1).max(32) }),
    output: updateProductsSchema,
  },
  /** Compares the adapters before a merge: layer × pair map and verdict. Reads all their tensors. */
  'merge.mergeability': {
    input: z.strictObject({ adapters: weightedAdapters, seed: z.number().int().min(0).default(0) }),
    output: mergeabilitySchema,
  },
  /** Checks if a method reproduces an adapter that is merged alone and with itself. Reads all its tensors. */
  'merge.identity': {
    input: z.strictObject({
      adapterId: z.string(),
      method: z.string(),
      parameters: parameterValuesSchema.default({}),
    }),
    output: identityTestSchema,
  },
  /**
   * Merges adapters, then scores the merge, each input adapter and the base on the datasets the adapters were trained
   * on, and on further ones.
   */
  'merge.start': {
    input: z.strictObject({
      name: z.string().optional(),
      adapters: weightedAdapters,
      method: z.string(),
      parameters: parameterValuesSchema.default({}),
      datasets: z
        .array(z.string())
        .default([])
        .describe("further datasets to score on; what has no head for a dataset's labels gets no score there"),
      eval_samples: z.number().int().min(0).default(0),
      ...tuningSchema.shape,
      ...placeboSchema.shape,
    }),
    output: jobRecordSchema,
  },

  'prune.start': {
    input: z.strictObject({
      name: z.string().optional(),
      adapterId: z.string(),
      method: z.string(),
      parameters: parameterValuesSchema.default({}),
      datasetId: z
        .string()
        .nullable()
        .default(null)
        .describe('for methods that run the adapter; null: the dataset it was trained on'),
    }),
    output: jobRecordSchema,
  },

  /** Scores routers among adapters of one base. @throws before anything runs where a router does not go with them */
  'route.start': { input: routeRequestSchema, output: jobRecordSchema },

  'studies.list': { input: nothing, output: z.array(studyRecordSchema) },
  'studies.get': { input: byId, output: studyRecordSchema },
  'studies.create': {
    input: z.strictObject({
      name: z.string().optional(),
      config: studyConfigSchema,
      target: z.string().optional().describe('where its runs are trained; absent: here'),
      registration: registrationSchema.optional().describe('where the study was registered before'),
    }),
    output: z.object({ study: studyRecordSchema, job: jobRecordSchema }),
  },
  /** The settings of a study with their hash and the time, to be written to a file before its first training. @throws as `studies.forecast` */
  'studies.register': { input: z.strictObject({ config: studyConfigSchema }), output: registeredStudySchema },
  /** Deviations of a study from a registered one. @throws invalid_input for a text that is no registration */
  'studies.compareRegistration': {
    input: z.strictObject({
      name: z.string().describe('of the registration, for messages'),
      text: z.string().max(1_000_000),
      config: studyConfigSchema,
      meant: studyConfigSchema
        .optional()
        .describe('what the registered settings mean; absent: read by the names of the home'),
    }),
    output: registrationSchema,
  },
  /** The study that a file's text means, with names of what the home has. Starts and adds nothing. @throws invalid_input */
  'studies.read': {
    input: z.strictObject({ path: z.string(), text: z.string().max(1_000_000) }),
    output: z.object({ name: z.string().nullable(), config: studyConfigSchema }),
  },
  /** Resumes a study that was interrupted, paused, cancelled or failed; finished work is not repeated. */
  'studies.resume': { input: byId, output: jobRecordSchema },
  /** study.yaml with its command, the result as JSON, its tables as CSV. @throws refused without a result */
  'studies.files': {
    input: byId,
    output: z.object({ command: z.string().describe('makes the study again'), files: z.array(studyFileSchema) }),
  },
  /** Queues the writing of a finished study with its adapters, predictions, licenses and checksums into a new folder. */
  'studies.package': { input: byId.extend({ path: z.string() }), output: jobRecordSchema },
  /** Checks the folder of a packaged study by its checksums, adapters, examples and tables. */
  'studies.verify': { input: z.strictObject({ path: z.string() }), output: packageCheckSchema },
  'studies.remove': { input: removal, output: done },
  /**
   * Estimates the cost of a study and the differences it could detect, or returns why it cannot start. Starts nothing.
   */
  'studies.forecast': { input: z.strictObject({ config: studyConfigSchema }), output: studyForecastSchema },
  /** Reports if the learning rates behind a comparison were tuned alike; null if the question does not apply. */
  'studies.tuned': {
    input: z.union([
      z.strictObject({ studyId: z.string() }),
      z.strictObject({ runIds: z.array(z.string()) }),
      z.strictObject({ adapterIds: z.array(z.string()) }),
    ]),
    output: tunedVerdictSchema.nullable(),
  },

  /**
   * The bundled study: LoRA with and without CoTo on two seeds (or those given), then merging and interpolation of
   * every pair of seeds, pruning, and a report.
   */
  'demo.start': {
    input: z.strictObject({
      quick: z.boolean().default(false),
      seeds: z.array(z.number().int().min(0)).min(2).max(10).optional(),
      config: runConfigSchema.optional().describe('the run to compare instead of the bundled one'),
    }),
    output: z.object({
      demoId: z.string(),
      runs: z.array(runRecordSchema),
      studies: z.array(studyRecordSchema),
      jobs: z.array(jobRecordSchema),
      reportJobId: z.string(),
    }),
  },

  /** Writes runs, compared by their settings, and finished studies into one HTML file. */
  'reports.create': { input: reportRequestSchema, output: jobRecordSchema },
  /** The newest first. */
  'reports.list': { input: nothing, output: z.array(reportRecordSchema) },
  'reports.get': { input: byId, output: reportRecordSchema },
  /** The report's page without its scripts, for the window to show. */
  'reports.page': { input: byId, output: z.object({ html: z.string() }) },
  /** Summarizes the report from its own numbers. */
  'reports.summary': { input: byId, output: reportSummarySchema },
  /** The report as HTML, CSV, JSON and Markdown, and each table of a study as CSV. */
  'reports.files': { input: byId, output: z.array(reportFileSchema) },
  /** Its files keep the title that they were written with. */
  'reports.rename': { input: z.strictObject({ id: z.string(), name: z.string().min(1) }), output: reportRecordSchema },
  'reports.remove': { input: removal, output: done },

  'jobs.list': { input: z.strictObject({ active: z.boolean().default(true) }), output: z.array(jobRecordSchema) },
  'jobs.get': { input: byId, output: jobRecordSchema },
  /** Result of a job, typed by its kind; null until there is one. */
  'jobs.result': { input: byId, output: jobAnswerSchema },
  'jobs.cancel': { input: byId, output: done },
  /** Queued jobs that start only when the person says so, because the home was last used elsewhere. */
  'jobs.held': { input: nothing, output: heldQueueSchema },
  /** Continues the held jobs, or leaves them held at later openings too. */
  'jobs.answerHeld': { input: z.strictObject({ continue: z.boolean() }), output: done },
  /** Puts a queued job before another queued one; null: at the end of the queue. */
  'jobs.move': { input: z.strictObject({ id: z.string(), before: z.string().nullable() }), output: done },
  /** Saves a running job's progress and ends it as paused; refused for a kind that cannot be resumed. */
  'jobs.pause': { input: byId, output: done },
} as const;

export type Requests = typeof requests;
export type RequestName = keyof Requests;
/** Input as the caller passes it: defaults may be omitted. */
export type RequestInput<Name extends RequestName> = z.input<Requests[Name]['input']>;
/** Input as the handler receives it: defaults are filled in. */
export type RequestArgument<Name extends RequestName> = z.output<Requests[Name]['input']>;
export type RequestOutput<Name extends RequestName> = z.output<Requests[Name]['output']>;
