import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { Declaration } from '../../../src-shared/domain/parameter.ts';
import type { TaskId, TaskSettings } from '../../../src-shared/domain/task.ts';
import type { AdaptedModel } from '../adapters/adapted-model.ts';
import type { OpenDataset } from '../data/dataset.ts';
import type { EvaluationOptions, LoadBatch } from '../evaluation/evaluation.ts';
import type { TaskOutputs } from '../evaluation/task-outputs.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** One thing that a model can learn to do. */
export interface TaskType {
  readonly declaration: Declaration & { readonly id: TaskId };
  /** What the best checkpoint is chosen by. */
  readonly bestBy: 'accuracy' | 'loss';
  readonly reads: 'images' | 'texts';
  /** Why this model cannot learn this from these data, which both are of what the task reads; null where it can. */
  misfit(model: ModelDescription, dataset: DatasetDescription): Misfit | null;
  /** @throws StudioError where the data are not what the task needs. */
  open(given: TaskMaterial): Promise<OpenTask>;
}

export interface Misfit {
  readonly message: string;
  readonly hint: string;
}

/** What a task is opened on; the dataset stays the caller's to close. */
export interface TaskMaterial {
  readonly modelDirectory: string;
  readonly model: ModelDescription;
  readonly dataset: OpenDataset;
  readonly settings: TaskSettings;
  /** Whether the training examples will be asked for. */
  readonly training: boolean;
  /** Told how many examples were read; may throw to end. */
  onRead(examples: number): Promise<void>;
}

/** A task made ready on one model and one dataset. */
export interface OpenTask {
  /** What a fresh head tells apart; null: the model keeps the head that it has. */
  readonly labels: readonly string[] | null;
  /** What the classes or labels of its outputs are called; empty where it has none. */
  readonly classNames: readonly string[];
  readonly train: TrainingExamples;
  /** Test examples, in an order of which any beginning is a fair sample. */
  readonly testCount: number;
  /** What should be said of the data, e.g. how many examples were too long. */
  readonly notes: readonly string[];
  /** What `model`, with whatever adapter is on it, says of the test examples `indices`. Dropout is the caller's to switch off. */
  outputs(model: AdaptedModel, indices: Int32Array, options: EvaluationOptions): Promise<TaskOutputs>;
  /** The examples for a program outside the studio; only where `training` was asked for. */
  exported(chosen: ChosenExamples, progress: ReadingProgress): Promise<ExportedExamples>;
}

/** Training and test examples by their indices. */
export interface ChosenExamples {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Told how many of `total` examples of a split were read; may throw to end. */
export type ReadingProgress = (split: 'train' | 'test', done: number, total: number) => Promise<void>;

/** Examples exactly as the model reads them, with what Transformers has to know to learn from them. */
export interface ExportedExamples {
  readonly settings: {
    readonly auto_class:
      | 'AutoModelForImageClassification'
      | 'AutoModelForSequenceClassification'
      | 'AutoModelForCausalLM';
    /** Transformers' name of what a head says; null without a head. */
    readonly problem_type: 'single_label_classification' | 'multi_label_classification' | 'regression' | null;
    /** Fills rows of tokens up. */
    readonly pad_token_id?: number;
  };
  /** By `train.<name>` and `test.<name>`, an entry for each example, and tables that both splits share. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

export interface TrainingExamples {
  readonly count: number;
  /** The class of each, where they have one: for few-shot subsets. */
  readonly classes: { readonly ids: Int32Array; readonly names: readonly string[] } | null;
  readonly load: LoadBatch;
}
