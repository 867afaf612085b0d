import type { z } from 'zod';
import type { AdapterConfig } from '../domain/adapters/adapter.ts';
import type { DatasetDescription, TextColumns } from '../domain/data/dataset.ts';
import type { ModelDescription } from '../domain/models/model.ts';
import type { MetricId } from '../metrics/index.ts';

/** Class of Transformers that loads a model for a task. */
export type AutoClass =
  | 'AutoModel'
  | 'AutoModelForImageClassification'
  | 'AutoModelForSequenceClassification'
  | 'AutoModelForTokenClassification'
  | 'AutoModelForQuestionAnswering'
  | 'AutoModelForCausalLM'
  | 'AutoModelForSeq2SeqLM';

/** Parts of an adapter that tell what it was trained for, if its run is unknown. */
export interface TaskHead {
  readonly taskType: AdapterConfig['task_type'];
  /** Number of outputs of the head. */
  readonly outputs: number;
}

/** Settings of a run that several tasks use, but not all. */
export type SharedSetting =
  | 'max_length'
  | 'prompt_template'
  | 'chat_template'
  | 'sample_prompts'
  | 'sample_tokens'
  | 'group_by_length'
  | 'label_smoothing_factor'
  | 'token_loss'
  | 'neftune_noise_alpha'
  | 'kl_coefficient';

/** Properties of a base that decide which task suits it. */
export type TaskModel = Pick<ModelDescription, 'kind' | 'image'>;

/** Declaration of a task that a model can be trained for; the engine adds how the task reads, learns and scores. */
export interface TaskDeclaration {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  readonly reads: 'images' | 'texts';
  /** Settings of a run that only this task uses. */
  readonly settings: z.ZodRawShape;
  readonly uses: readonly SharedSetting[];
  /**
   * Returns true if `task: auto` selects the task for texts with these columns, unless an earlier task of the list
   * suits them.
   */
  isDefaultFor(model: TaskModel, columns: TextColumns): boolean;
  /** Metrics that select the best checkpoint if the run names none: the first that its evaluations have, else the loss. */
  readonly bestBy: readonly MetricId[];
  /** PEFT's `task_type` of an adapter for the task; absent: by the kind of the base. */
  readonly taskType?: NonNullable<AdapterConfig['task_type']>;
  /** Meaning of the head's outputs on a dataset; absent or null: no head is needed, or the head has one value. */
  headLabels?(
    model: Pick<ModelDescription, 'image' | 'text'>,
    dataset: Pick<DatasetDescription, 'labels' | 'text'>,
  ): readonly string[] | null;
  /** Reason why the outputs of several adapters have no mean; absent if they have one. */
  readonly outputsWithoutMean?: string;
  /** Class of Transformers that an exported script loads. */
  readonly autoClass: AutoClass;
  /** Form in which the Playground tries adapters of the task: a prompt, an image, or a prompt with two answers. */
  readonly playground: 'prompt' | 'image' | 'pair' | null;
  /** Returns true for an imported adapter of the task, judged by its head; `columns` is null where no data are chosen. */
  recognizes?(head: TaskHead, columns: TextColumns | null): boolean;
  /** True if a long text is read in several windows rather than truncated. */
  readonly readsInWindows?: true;
}

/** Checks a declaration and keeps the types of its id and of its settings. */
export function defineTask<const Task extends TaskDeclaration>(task: Task): Task {
  return task;
}

/** Shared settings of the tasks whose texts are written by a prompt template. */
export const promptSettings = [
  'max_length',
  'prompt_template',
  'chat_template',
  'group_by_length',
  'neftune_noise_alpha',
] as const;

/** Shared settings of the tasks that learn to write tokens. */
export const tokenLossSettings = ['label_smoothing_factor', 'token_loss', 'kl_coefficient'] as const;

/** Returns true if the base is a language model, which writes answers. */
export function isLanguageModel({ kind }: Pick<ModelDescription, 'kind'>): boolean {
  return kind === 'causal-lm';
}
