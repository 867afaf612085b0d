import { z } from 'zod';
import { type AdapterReference, adapterReferenceSchema } from '../adapters/adapter-reference.ts';
import { forgettingSchema } from '../evaluation/forgetting.ts';
import { maskChoiceSchema, maskUnitSchema } from '../evaluation/mask-table.ts';
import { type MergeWeight, mergeWeightSchema } from '../merging/merge.ts';
import { type ParameterValues, parameterValuesSchema } from '../parameters/parameter.ts';
import { runConfigSchema } from '../runs/run.ts';

/**
 * The subject of a score, as an expression over adapters: an adapter, the adapter of a training in the same plan (of its
 * checkpoint after `step` steps, if that is given), the plain base, a merge of subjects (of their outputs if the method merges outputs), a pruned subject, or the ΔW of a
 * subject under the task head of an adapter, or at the norm of another ΔW.
 */
export type Subject =
  | { readonly kind: 'adapter'; readonly adapter: AdapterReference }
  | { readonly kind: 'trained'; readonly training: string; readonly step?: number | undefined }
  | { readonly kind: 'base' }
  | {
      readonly kind: 'merge';
      readonly method: string;
      readonly parameters: ParameterValues;
      readonly inputs: readonly { readonly subject: Subject; readonly weight: MergeWeight }[];
      /** Training examples for a search or a method that looks at data. Default: of the scored dataset. */
      readonly tuning?: MergeTuning | undefined;
      /** λ, which multiplies the merged update. Default 1; a merge of outputs has none. */
      readonly scale?: number | undefined;
    }
  | {
      readonly kind: 'prune';
      readonly method: string;
      readonly parameters: ParameterValues;
      readonly subject: Subject;
    }
  /**
   * The low-rank updates of `subject`, whose own task heads do not count, with the head of `head`, an adapter or a
   * training. The adapters of a merge may then have different labels. A language model has no task head: there it is
   * `subject` itself.
   */
  | { readonly kind: 'withHead'; readonly subject: Subject; readonly head: Subject }
  /** `subject` with its ΔW multiplied by one factor, so that ‖ΔW‖ over all modules is that of `of`. Task heads stay. */
  | { readonly kind: 'atNorm'; readonly subject: Subject; readonly of: Subject }
  /** A classifier with the last layer of its task head fitted anew on training examples, after all else. */
  | { readonly kind: 'refit'; readonly subject: Subject; readonly examples: RefitExamples };

/** The training examples of a run, by its settings. */
const refitExamplesSchema = z.object({
  train_samples_per_class: z.number().int(),
  max_train_samples: z.number().int(),
  seed: z.number().int().describe('draws the examples'),
});
export type RefitExamples = z.infer<typeof refitExamplesSchema>;

/** The training examples that a merge is tuned on. */
const mergeTuningSchema = z.object({
  datasets: z.array(z.string()).describe('the dataset of each input, in the order of the inputs'),
  samples: z.number().int().min(1).describe('examples of each dataset, at most'),
});
export type MergeTuning = z.infer<typeof mergeTuningSchema>;

export const subjectSchema: z.ZodType<Subject> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('adapter'), adapter: adapterReferenceSchema }),
    z.object({ kind: z.literal('trained'), training: z.string(), step: z.number().int().min(1).optional() }),
    z.object({ kind: z.literal('base') }),
    z.object({
      kind: z.literal('merge'),
      method: z.string(),
      parameters: parameterValuesSchema,
      inputs: z.array(z.object({ subject: subjectSchema, weight: mergeWeightSchema })),
      tuning: mergeTuningSchema.optional(),
      scale: z.number().optional(),
    }),
    z.object({
      kind: z.literal('prune'),
      method: z.string(),
      parameters: parameterValuesSchema,
      subject: subjectSchema,
    }),
    z.object({ kind: z.literal('withHead'), subject: subjectSchema, head: subjectSchema }),
    z.object({ kind: z.literal('atNorm'), subject: subjectSchema, of: subjectSchema }),
    z.object({ kind: z.literal('refit'), subject: subjectSchema, examples: refitExamplesSchema }),
  ]),
);

/**
 * Outcome of each evaluated example, in the order of the evaluated indices. Every field is base64 of little-endian
 * values; src-shared/results/outcomes.ts reads and writes them.
 */
export const outcomesSchema = z.object({
  /** float32: the loss of each example, whose mean (with `tokens`: weighted by them) is the loss of the score. */
  losses: z.string(),
  /** One bit an example, the lowest first, whose mean is the accuracy: whether it was right. Null without classes. */
  correct: z.string().nullable(),
  /** For language models, uint32: the tokens of each example in the loss, and those of the highest logit among them. */
  tokens: z.object({ counted: z.string(), right: z.string() }).nullable(),
});
export type Outcomes = z.infer<typeof outcomesSchema>;

/** Result of one evaluation. Accuracy in [0, 1], null for regression; the loss is a mean, in nats. */
export const scoreSchema = z.object({
  accuracy: z.number().nullable(),
  loss: z.number(),
  /** By id of the metric, e.g. f1_macro. */
  metrics: z.record(z.string(), z.number()),
  examples: z.number().int(),
  /** Remaining entries of a pruned subject's factors. */
  kept: z.number().int().nullable(),
  total: z.number().int().nullable(),
  /**
   * Result of a searched merge: scores of the found and the given merge on the tuning examples, and the weights used.
   */
  tuned: z.object({ score: z.number(), given: z.number(), weights: z.array(mergeWeightSchema).optional() }).optional(),
  /** ‖ΔW‖ of a subject at another's norm: its own, and that which it was scored at. */
  norms: z.object({ own: z.number(), target: z.number() }).optional(),
  /** For the folds of studies, whose results do not hold them. Scores of earlier versions lack them. */
  outcomes: outcomesSchema.optional(),
  /** Absent where it was not asked for; null where the base has no measure of it. */
  forgetting: forgettingSchema.nullable().optional(),
  /** Its training diverged: there is no adapter, and no value. */
  diverged: z.literal(true).optional(),
});
export type Score = z.infer<typeof scoreSchema>;

/** A run that a study needs. `key` names it within its plan. */
export const trainingSpecSchema = z.object({
  kind: z.literal('train'),
  key: z.string(),
  title: z.string().describe('name of the run'),
  config: runConfigSchema,
  trial: z.literal(true).optional().describe('may diverge: the study continues without it, and says so'),
});
export type TrainingSpec = z.infer<typeof trainingSpecSchema>;

/** A task in lm-eval's format whose questions are scored in place of the test examples of a dataset. */
export const scoredTaskSchema = z.strictObject({
  task: z.string().min(1).describe('YAML file of a task; a path relative to the file of the study'),
  metric: z.string().optional().describe('metric that says whether an answer is right; default: the first of the task'),
  filter: z.string().optional().describe('filter that extracts the answers; default: the first of the task'),
  num_fewshot: z.number().int().min(0).optional().describe('default: as the task says'),
  apply_chat_template: z.boolean().optional().describe("true: questions in the base's chat template"),
});
export type ScoredTask = z.output<typeof scoredTaskSchema>;

/** A score that a study needs. */
export const scoreSpecSchema = z.object({
  kind: z.literal('score'),
  key: z.string(),
  title: z.string().describe('label in the progress: "λ = 0.35, LoRA + CoTo"'),
  /** Names of the adapters in messages, in the order of the subject's leaves: "The second adapter of LoRA". */
  names: z.array(z.string()).default([]),
  dataset: z.string(),
  /**
   * Omitted: on the test split. A score that selects anything needs other examples than the score that judges the
   * selection.
   */
  validation_samples: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('score on the training examples that a run with as many validation_samples holds out'),
  eval_samples: z.number().int().min(0),
  benchmark: scoredTaskSchema.optional().describe('score the first eval_samples of its questions'),
  subject: subjectSchema,
  /** True if the score measures forgetting of the base; false for the points of a dense curve. */
  forgetting: z.boolean().optional().describe('default: true'),
});
export type ScoreSpec = z.infer<typeof scoreSpecSchema>;

/** Scores of one subject with many subsets of its adapters switched on, which a study needs. */
export const masksSpecSchema = scoreSpecSchema.omit({ forgetting: true }).extend({
  kind: z.literal('masks'),
  unit: maskUnitSchema,
  masks: maskChoiceSchema,
});
export type MasksSpec = z.infer<typeof masksSpecSchema>;

/** The map of mergeability of adapters, which a study needs: measures of every pair before anything is merged. */
export const mergeabilitySpecSchema = z.object({
  kind: z.literal('mergeability'),
  key: z.string(),
  title: z.string().describe('label in the progress'),
  names: z.array(z.string()).describe('of the adapters in messages and verdicts'),
  subjects: z.array(subjectSchema).min(2).describe('adapters, or trainings of the same plan'),
  seed: z.number().int().describe('draws the entries at which signs are compared'),
});
export type MergeabilitySpec = z.infer<typeof mergeabilitySpecSchema>;

/**
 * One unit of a study's work. Units depend on each other only through the subjects they name, so any executor, this
 * machine's queue or a cluster's, can run them in any order that respects these dependencies.
 */
export type JobSpec = TrainingSpec | ScoreSpec | MasksSpec | MergeabilitySpec;

type Leaf = Extract<Subject, { kind: 'adapter' | 'trained' }>;
/** The adapter of a training of the plan, or of its checkpoint. */
export type TrainedLeaf = Extract<Subject, { kind: 'trained' }>;

/** Name of a trained adapter within its plan. */
export function trainedKey({ training, step }: Pick<TrainedLeaf, 'training' | 'step'>): string {
  return step === undefined ? training : `${training}@${step}`;
}

/** The checkpoints that the work of a plan needs, each once. */
export function checkpointsOf(specs: readonly JobSpec[]): (TrainedLeaf & { readonly step: number })[] {
  const found = new Map<string, TrainedLeaf & { readonly step: number }>();
  for (const spec of specs) {
    if (spec.kind !== 'score' && spec.kind !== 'masks') continue;
    for (const leaf of leavesOf(spec.subject)) {
      if (leaf.kind !== 'trained' || leaf.step === undefined) continue;
      found.set(trainedKey(leaf), { ...leaf, step: leaf.step });
    }
  }
  return [...found.values()];
}

/** The adapters of a subject, in the order of its leaves: a head before what it is put on, a norm behind. */
export function leavesOf(subject: Subject): Leaf[] {
  return leavesWithHeads(subject).map(({ leaf }) => leaf);
}

/** Returns the leaves (see `leavesOf`), each with a flag for the use of its own task head. */
export function leavesWithHeads(subject: Subject): { readonly leaf: Leaf; readonly head: boolean }[] {
  switch (subject.kind) {
    case 'base':
      return [];
    case 'merge':
      return subject.inputs.flatMap((input) => leavesWithHeads(input.subject));
    case 'prune':
      return leavesWithHeads(subject.subject);
    case 'refit':
      return leavesWithHeads(subject.subject).map(({ leaf }) => ({ leaf, head: false }));
    case 'atNorm':
      return [
        ...leavesWithHeads(subject.subject),
        ...leavesWithHeads(subject.of).map(({ leaf }) => ({ leaf, head: false })),
      ];
    case 'withHead':
      return [
        ...leavesWithHeads(subject.head),
        ...leavesWithHeads(subject.subject).map(({ leaf }) => ({ leaf, head: false })),
      ];
    default:
      return [{ leaf: subject, head: true }];
  }
}

/** The subject with every leaf replaced, in the order of `leavesOf`. */
export function withLeaves(subject: Subject, replace: (leaf: Leaf) => Leaf): Subject {
  switch (subject.kind) {
    case 'base':
      return subject;
    case 'merge': {
      const inputs = subject.inputs.map((input) => ({ ...input, subject: withLeaves(input.subject, replace) }));
      return { ...subject, inputs };
    }
    case 'prune':
    case 'refit':
      return { ...subject, subject: withLeaves(subject.subject, replace) };
    case 'atNorm': {
      const scaled = withLeaves(subject.subject, replace);
      return { ...subject, subject: scaled, of: withLeaves(subject.of, replace) };
    }
    case 'withHead': {
      const head = withLeaves(subject.head, replace);
      return { ...subject, head, subject: withLeaves(subject.subject, replace) };
    }
    default:
      return replace(subject);
  }
}

/** The datasets that merges within a subject are tuned on, each with the input that it belongs to. */
export function tuningOf(subject: Subject): { readonly dataset: string; readonly input: Subject }[] {
  switch (subject.kind) {
    case 'merge':
      return subject.inputs.flatMap(({ subject: input }, index) => {
        const dataset = subject.tuning?.datasets[index];
        return [...(dataset === undefined ? [] : [{ dataset, input }]), ...tuningOf(input)];
      });
    case 'atNorm':
      return [...tuningOf(subject.subject), ...tuningOf(subject.of)];
    case 'prune':
    case 'refit':
    case 'withHead':
      return tuningOf(subject.subject);
    default:
      return [];
  }
}

/** The subject with the datasets of its tunings renamed, e.g. to their ids. */
export function withTuningDatasets(subject: Subject, rename: (dataset: string) => string): Subject {
  switch (subject.kind) {
    case 'merge': {
      const { tuning } = subject;
      const inputs = subject.inputs.map((input) => ({ ...input, subject: withTuningDatasets(input.subject, rename) }));
      const renamed = tuning === undefined ? {} : { tuning: { ...tuning, datasets: tuning.datasets.map(rename) } };
      return { ...subject, inputs, ...renamed };
    }
    case 'atNorm': {
      const scaled = withTuningDatasets(subject.subject, rename);
      return { ...subject, subject: scaled, of: withTuningDatasets(subject.of, rename) };
    }
    case 'prune':
    case 'refit':
    case 'withHead':
      return { ...subject, subject: withTuningDatasets(subject.subject, rename) };
    default:
      return subject;
  }
}
