import { z } from 'zod';
import { datasetSourceSchema } from '../../src-shared/domain/data/dataset.ts';
import { benchmarkResultSchema } from '../../src-shared/domain/evaluation/benchmark.ts';
import { classificationResultSchema, zeroShotSchema } from '../../src-shared/domain/evaluation/classification.ts';
import { evaluationResultSchema } from '../../src-shared/domain/evaluation/evaluation.ts';
import { forgettingSchema } from '../../src-shared/domain/evaluation/forgetting.ts';
import { maskOutlineSchema, maskScoreSchema } from '../../src-shared/domain/evaluation/mask-table.ts';
import {
  anyPromptSchema,
  generationResultSchema,
  generationSettingsSchema,
  topTokensSchema,
} from '../../src-shared/domain/generation/generation.ts';
import { embeddingRequestSchema, embeddingResultSchema } from '../../src-shared/domain/generation/text-embeddings.ts';
import { mergeWeightSchema } from '../../src-shared/domain/merging/merge.ts';
import { modelDescriptionSchema } from '../../src-shared/domain/models/model.ts';
import { newTokensSchema, placedTokenSchema } from '../../src-shared/domain/models/new-tokens.ts';
import { quantizationSchema, quantizedFromSchema } from '../../src-shared/domain/models/quantization.ts';
import { parameterValuesSchema } from '../../src-shared/domain/parameters/parameter.ts';
import { pretrainConfigSchema, pretrainResultSchema } from '../../src-shared/domain/runs/pretrain.ts';
import { runConfigSchema } from '../../src-shared/domain/runs/run.ts';
import { taskSettingsSchema } from '../../src-shared/domain/runs/task.ts';
import { masksSpecSchema, subjectSchema } from '../../src-shared/domain/studies/plan.ts';
import { embeddingSettings } from '../../src-shared/tasks/embedding.ts';
import { preparedTaskSchema } from './benchmarks/prepared-task.ts';
import { scoredQuestionsSchema } from './benchmarks/scored-questions.ts';
import {
  computeFields,
  endings,
  forgettingField,
  routeFields,
  routeScores,
  runFields,
  runOutcomeFields,
  seedField,
  subjectFields,
  weightedFolder,
} from './contract-fields.ts';

/** A kind of task with its request and result; implemented in engine/jobs/<kind>.ts. */
function job<const Kind extends string, Task extends z.ZodRawShape, Result extends z.ZodRawShape>(
  kind: Kind,
  task: Task,
  result: Result,
) {
  return {
    task: z.object({ kind: z.literal(kind), ...computeFields, ...task }),
    result: z.object({ kind: z.literal(kind), ...result }),
  };
}

/** Questions that are scored in place of the test examples of a dataset, by its index. */
const questionsField = {
  questions: z.array(scoredQuestionsSchema.extend({ dataset: z.number().int() })).optional(),
};

/**
 * All kinds of tasks: the contract between backend and engine. The engine only knows absolute paths; ids, the store and
 * the queue belong to the backend. One task runs at a time.
 */
const jobs = [
  job(
    'train',
    { ...runFields, ...forgettingField, modelDirectory: z.string(), dataset: datasetSourceSchema },
    runOutcomeFields,
  ),
  /**
   * Runs on one base and dataset with equal task settings, split, compute and gradient checkpointing, in shared passes.
   * Reports and results are events of each run; a failing run leaves the others alone.
   */
  job(
    'train-together',
    {
      ...forgettingField,
      modelDirectory: z.string(),
      dataset: datasetSourceSchema,
      runs: z.array(z.object(runFields)).min(1),
    },
    {},
  ),
  job(
    'evaluate',
    {
      modelDirectory: z.string(),
      dataset: datasetSourceSchema,
      settings: taskSettingsSchema.prefault({}),
      eval_samples: z.number().int(),
      adapters: z.array(weightedFolder),
      /** A file for the prediction of each example, one JSON object a line; what is there is replaced. */
      predictionsFile: z.string().optional(),
      against: z
        .object({ directory: z.string(), name: z.string() })
        .optional()
        .describe('another adapter, evaluated on the same examples'),
      ...forgettingField,
    },
    { result: evaluationResultSchema },
  ),
  job(
    'merge',
    {
      /** Null: the base is not in the studio, and nothing can be scored. */
      modelDirectory: z.string().nullable(),
      /** Description of that model: recomputing it reads every byte of the weights, for the fingerprint. */
      description: modelDescriptionSchema,
      adapters: z.array(
        z.object({
          directory: z.string(),
          weight: mergeWeightSchema,
          /** Training step of a checkpoint, for soups; null: not known. */
          step: z.number().int().nullable(),
          /** Index of its dataset; null: none that is known. */
          dataset: z.number().int().nullable(),
        }),
      ),
      method: z.string(),
      parameters: parameterValuesSchema,
      /** Target of the merged PEFT folder; null for methods that only merge outputs. */
      outputDirectory: z.string().nullable(),
      /** Scored on each: every adapter alone, the merge, the base. */
      datasets: z.array(datasetSourceSchema.extend({ settings: taskSettingsSchema.prefault({}) })),
      eval_samples: z.number().int(),
      /** Training examples of each dataset for methods that look at data. */
      tuning_samples: z.number().int(),
      /** Placebos made of the merge, by id, that are scored beside it and not kept. */
      placebos: z.array(z.string()),
      ...forgettingField,
    },
    {
      adapterDirectory: z.string().nullable(),
      /** Weights of the merge, found by a search or as set. */
      weights: z.array(mergeWeightSchema),
      /** Sentences on what the method or a search found. */
      notes: z.array(z.string()),
      /**
       * scores[dataset] = accuracy of each adapter alone in order, then merged, then the placebos in order, then the base
       * (null where its head does not fit).
       */
      scores: z.array(z.array(z.number().nullable())),
      /** In the order of a row of scores, whatever the dataset; empty where it was not measured. */
      forgetting: z.array(forgettingSchema.nullable()),
    },
  ),
  job(
    'prune',
    {
      /** Null: the base is not in the studio. */
      modelDirectory: z.string().nullable(),
      /** Description of that model: recomputing it reads every byte of the weights, for the fingerprint. */
      description: modelDescriptionSchema,
      adapterDirectory: z.string(),
      method: z.string(),
      parameters: parameterValuesSchema,
      /** Its training split has the examples of methods that run the adapter; null: there are none. */
      dataset: datasetSourceSchema.extend({ settings: taskSettingsSchema.prefault({}) }).nullable(),
      outputDirectory: z.string(),
      ...forgettingField,
    },
    {
      adapterDirectory: z.string(),
      kept: z.number().int(),
      total: z.number().int(),
      note: z.string().nullable(),
      /** Before and after; null where it was not measured. */
      forgetting: z.object({ unpruned: forgettingSchema, pruned: forgettingSchema }).nullable(),
    },
  ),
  job('route', routeFields, routeScores),
  /** Scores of subjects on one base; each comes as an event as soon as it is known. */
  job(
    'score',
    {
      modelDirectory: z.string(),
      ...subjectFields,
      ...questionsField,
      /** `dataset`: index of the dataset that the subject is scored on */
      subjects: z.array(
        z.object({
          key: z.string(),
          title: z.string(),
          names: z.array(z.string()),
          subject: subjectSchema,
          dataset: z.number().int(),
          /** False: its forgetting is not measured, though the task has it measured. */
          forgetting: z.boolean().optional(),
        }),
      ),
      ...forgettingField,
    },
    { scored: z.number().int() },
  ),
  /** Scores of subjects with many masks on; outlines and scores come as events as soon as they are known. */
  job(
    'masks',
    {
      modelDirectory: z.string(),
      ...subjectFields,
      ...questionsField,
      tables: z.array(
        masksSpecSchema.omit({ kind: true, eval_samples: true, benchmark: true }).extend({
          /** Index of the dataset. */
          dataset: z.number().int(),
          /** Results of an earlier job on the same content: its outline, and scores to reuse. */
          known: z.object({ outline: maskOutlineSchema, scores: z.array(maskScoreSchema) }).nullable(),
        }),
      ),
    },
    { evaluated: z.number().int() },
  ),
  /** Measures of every pair of adapters; each map comes as an event as soon as it is known. Reads no base. */
  job(
    'mergeability',
    {
      description: modelDescriptionSchema,
      maps: z.array(
        z.object({
          key: z.string(),
          title: z.string(),
          names: z.array(z.string()),
          directories: z.array(z.string()),
          seed: z.number().int(),
        }),
      ),
    },
    { compared: z.number().int() },
  ),
  /** Named tensors in, named tensors out, for parity checks. */
  job(
    'logits',
    {
      modelDirectory: z.string(),
      adapterDirectory: z.string().nullable(),
      inputsFile: z.string(),
      outputFile: z.string(),
    },
    { outputFile: z.string() },
  ),
  /** Tasks in lm-eval's form: scored by the base alone (null) and by each adapter. */
  job(
    'benchmark',
    {
      modelDirectory: z.string(),
      adapterDirectories: z.array(z.string().nullable()).min(1),
      tasks: z.array(preparedTaskSchema).min(1),
    },
    { result: benchmarkResultSchema },
  ),
  /** Continues a prompt: one text by the base alone (null) and by each adapter. */
  job(
    'generate',
    {
      ...generationSettingsSchema.shape,
      topTokens: topTokensSchema,
      modelDirectory: z.string(),
      adapterDirectories: z.array(z.string().nullable()).min(1),
      prompt: anyPromptSchema,
      /** Settings by which each adapter reads a prompt with two answers; absent for other prompts. */
      pairSettings: z.array(taskSettingsSchema.nullable()).optional(),
    },
    { result: generationResultSchema },
  ),
  /** Vectors of texts by a base, or by an adapter on it. */
  job(
    'embed-texts',
    {
      ...embeddingRequestSchema.pick({ inputs: true, dimensions: true }).shape,
      modelDirectory: z.string(),
      /** Null: the base alone. */
      adapterDirectory: z.string().nullable(),
      pooling_mode: embeddingSettings.pooling_mode,
    },
    { result: embeddingResultSchema },
  ),
  /** The likeliest classes of one image: by the base alone (null) and by each adapter. */
  job(
    'classify',
    {
      modelDirectory: z.string(),
      adapterDirectories: z.array(z.string().nullable()).min(1),
      image: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('file'), path: z.string() }),
        z.object({
          kind: z.literal('example'),
          source: datasetSourceSchema,
          split: z.enum(['train', 'test']),
          index: z.number().int(),
        }),
      ]),
      zeroShot: zeroShotSchema.nullable(),
      top: z.number().int(),
    },
    { result: classificationResultSchema },
  ),
  /** Everything needed to repeat a run with Transformers and PEFT: settings, start, data and plan. */
  job(
    'export-python',
    {
      config: runConfigSchema,
      modelDirectory: z.string(),
      dataset: datasetSourceSchema,
      ...seedField,
      /** The folder with train.py and requirements.txt. */
      templateDirectory: z.string(),
      outputDirectory: z.string(),
    },
    { outputDirectory: z.string(), bytes: z.number() },
  ),
  /** The base with an adapter merged into its weights, as a model folder. */
  job(
    'export-merged',
    {
      modelDirectory: z.string(),
      adapterDirectory: z.string(),
      /** Dtype of the stored weights; null: as in the base. */
      dtype: z.enum(['F32', 'F16', 'BF16']).nullable(),
      /** In place of the base's, with null text for none; null: that one. */
      chatTemplate: z.object({ text: z.string().nullable() }).nullable().default(null),
      outputDirectory: z.string(),
    },
    { outputDirectory: z.string() },
  ),
  /** A base with its matrices quantized, as a model folder. */
  job(
    'quantize',
    {
      modelDirectory: z.string(),
      description: modelDescriptionSchema,
      type: quantizationSchema,
      from: quantizedFromSchema,
      outputDirectory: z.string(),
    },
    { outputDirectory: z.string() },
  ),
  /** A base with further tokens, as a model folder. */
  job(
    'add-tokens',
    {
      modelDirectory: z.string(),
      description: modelDescriptionSchema,
      tokens: newTokensSchema,
      from: quantizedFromSchema,
      outputDirectory: z.string(),
    },
    { outputDirectory: z.string(), tokens: z.array(placedTokenSchema) },
  ),
  /** An adapter in another form of the same function: on the base itself, or on the residual that PEFT makes of it. */
  job(
    'convert-adapter',
    {
      modelDirectory: z.string(),
      description: modelDescriptionSchema,
      adapterDirectory: z.string(),
      to: z.enum(['portable', 'residual']),
      /** To the residual form: `init_lora_weights` and its parameters. */
      parameters: parameterValuesSchema.default({}),
      outputDirectory: z.string(),
    },
    { outputDirectory: z.string() },
  ),
  /** An adapter of any variant as plain LoRA. */
  job(
    'plain-lora',
    {
      /** Null: the base is not in the studio. */
      modelDirectory: z.string().nullable(),
      description: modelDescriptionSchema,
      adapterDirectory: z.string(),
      rank: z.number().int().describe('most singular values that a module keeps'),
      energy: z.number().describe('share of the energy at which it stops'),
      outputDirectory: z.string(),
    },
    {
      /** Relative errors ‖ΔW − B·A‖ / ‖ΔW‖. */
      report: z.object({
        modules: z.number().int(),
        lowestRank: z.number().int(),
        highestRank: z.number().int(),
        error: z.number(),
        largest: z.object({ module: z.string(), error: z.number() }),
      }),
    },
  ),
  /** A base model trained from scratch. */
  job(
    'pretrain',
    {
      config: pretrainConfigSchema,
      /** Dataset of an image model. Language models read the text files that the config names. */
      dataset: datasetSourceSchema.nullable(),
      /** The folder to write the model to, which must not exist or be empty. */
      outputDirectory: z.string(),
      /** Folder for the state of an interrupted training. */
      checkpointDirectory: z.string(),
    },
    { outcome: endings, result: pretrainResultSchema.nullable() },
  ),
] as const;

const [firstJob, ...otherJobs] = jobs;
export const engineTaskSchema = z.discriminatedUnion('kind', [firstJob.task, ...otherJobs.map(({ task }) => task)]);
export type EngineTask = z.infer<typeof engineTaskSchema>;
export type EngineTaskOf<Kind extends EngineTask['kind']> = Extract<EngineTask, { kind: Kind }>;
export type TrainTask = EngineTaskOf<'train'>;
export type TrainTogetherTask = EngineTaskOf<'train-together'>;
export type EvaluateTask = EngineTaskOf<'evaluate'>;
export type MergeTask = EngineTaskOf<'merge'>;
export type PruneTask = EngineTaskOf<'prune'>;
export type ScoreTask = EngineTaskOf<'score'>;
export type MasksTask = EngineTaskOf<'masks'>;
export type MergeabilityTask = EngineTaskOf<'mergeability'>;
export type ExportPythonTask = EngineTaskOf<'export-python'>;
export type GenerateTask = EngineTaskOf<'generate'>;

export const engineResultSchema = z.discriminatedUnion('kind', [
  firstJob.result,
  ...otherJobs.map(({ result }) => result),
]);
export type EngineResult = z.infer<typeof engineResultSchema>;
export type EngineResultOf<Kind extends EngineResult['kind']> = Extract<EngineResult, { kind: Kind }>;
