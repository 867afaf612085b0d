import type {
  DatasetDescription,
  DescribedTokens,
  TextColumns,
  TextExample,
} from '../../../src-shared/domain/data/dataset.ts';
import type { AnswerCounts } from '../../../src-shared/domain/evaluation/answer-counts.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { SampleInput } from '../../../src-shared/domain/runs/run-samples.ts';
import type { TaskId, TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import type { EmbeddingLossId, PoolingMode } from '../../../src-shared/tasks/embedding.ts';
import type { AutoClass, TaskDeclaration } from '../../../src-shared/tasks/task.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { EnsembleModel } from '../adapters/model/ensemble-model.ts';
import type { AugmentedRows } from '../data/augment.ts';
import type { OpenDataset } from '../data/dataset.ts';
import type { EndTokens } from '../generation/end-tokens.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { BaseModel } from '../models/base-model.ts';
import type { PairForm } from '../outcomes/embedding-loss.ts';
import type { TaskOutputs } from '../outcomes/index.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import type { TextTokenizer } from '../tokenization/tokenizer.ts';
import type { EvaluationOptions } from './shared/head-outputs.ts';

/** A task that a model can be trained for. */
export interface TaskType {
  readonly declaration: TaskDeclaration & { readonly id: TaskId };
  /** Reason why this model cannot learn the task from these data, given the right kind of input; null if it can. */
  misfit(model: ModelDescription, dataset: DatasetDescription): Misfit | null;
  /**
   * Checks that the model's tokenizer can write these examples. Absent where none is needed.
   * @throws StudioError refused, or invalid_file for a chat template that cannot be read
   */
  checkTokenizer?(tokenizer: TextTokenizer, settings: TaskSettings, dataset: DatasetDescription): void;
  /** @throws StudioError for a base that has more in its folder than the task computes. */
  checkBase?(folder: string, settings: TaskSettings): Promise<void>;
  /** Ids of the metrics of its evaluations on these data, loss and accuracy among them. */
  metrics(dataset: DatasetDescription, settings: TaskSettings): readonly string[];
  /** Counts of rows for these texts; absent: one each. */
  counts?(settings: TaskSettings, columns: TextColumns): Partial<ExampleCounts>;
  /** Reads an example of text as the model does, to show it; absent: as a language model does. */
  preview?(tokenizer: TextTokenizer): (example: TextExample) => ReadTokens;
  /** True if the exported Python script computes every metric of the task rather than only the default ones. */
  readonly scoresAllInPython?: true;
  /** True if the answer of a scored text follows its prompt in the same row, so that a router can read the prompt alone. */
  readonly hasPrompts?: true;
  /** @throws StudioError if the data do not fit the task. */
  open(given: TaskMaterial): Promise<OpenTask>;
}

export interface ExampleCounts {
  /** Rows of tokens that an example has in a batch. */
  readonly rowsOfExample: number;
  /** Examples that a row of the dataset makes. */
  readonly examplesOfRow: number;
}

/** Tokens of an example with the mark of each, to show them. */
export interface ReadTokens {
  readonly ids: readonly number[];
  readonly marks: readonly number[];
  readonly written: DescribedTokens['written'];
  readonly counts: DescribedTokens['counts'];
  readonly answers?: AnswerCounts;
}

export interface Misfit {
  /** The key of the run that does not fit. */
  readonly field: 'model' | 'dataset';
  readonly message: string;
  readonly hint: string;
}

/** Inputs for opening a task; the caller closes the dataset. */
export interface TaskMaterial {
  readonly modelDirectory: string;
  readonly model: ModelDescription;
  readonly dataset: OpenDataset;
  readonly settings: TaskSettings;
  /** The base, for tasks that compare with it; null where nothing is computed. */
  readonly base: BaseModel | null;
  /** True if training examples are needed. */
  readonly training: boolean;
  /** Called with the number of examples read; may throw to stop. */
  onRead(examples: number): Promise<void>;
}

/** A task prepared for one model and one dataset. */
export interface OpenTask {
  /** Outputs of a new head; null: the model keeps its head. */
  readonly labels: readonly string[] | null;
  /** True if the base alone is a classifier of these labels, like CLIP: its score before training is then measured. */
  readonly isZeroShot?: boolean;
  /** Names of the output classes or labels; empty if there are none. */
  readonly classNames: readonly string[];
  /** Ids of the metrics of its evaluations, loss and accuracy among them. */
  readonly metrics: readonly string[];
  readonly train: TrainingExamples;
  /** Test examples, ordered so that every prefix is a fair sample. */
  readonly testCount: number;
  /** Notes on the data, e.g. how many examples were too long. */
  readonly notes: readonly string[];
  /**
   * Outputs of `model`, with its current adapter, for the test examples `indices`. The caller must switch dropout off.
   */
  outputs(model: AdaptedModel, indices: Int32Array, options: EvaluationOptions): Promise<TaskOutputs>;
  /**
   * Outputs of an ensemble that averages next-token probabilities, for tasks whose outputs do not determine their mean; absent:
   * the outputs of the members are averaged.
   */
  readonly ensembleOutputs?: (
    model: EnsembleModel,
    indices: Int32Array,
    options: EvaluationOptions,
  ) => Promise<TaskOutputs>;
  /** Identity and words of a test example, for files of predictions. */
  describe(index: number): EvaluatedExample;
  /** A test example as a person sees it: what a model is given, and the right answer. */
  show(index: number): Promise<SampleInput>;
  /** Format of a language model's prompts, and the reading of its texts. */
  readonly writing?: Writing;
  /** Examples for export to another program; only if opened with `training`. */
  exported(chosen: ChosenExamples, progress: ReadingProgress): Promise<ExportedExamples>;
}

export interface Writing {
  /** Tokens of a test example that come before its answer. */
  promptOf(index: number): readonly number[];
  /** Tokens of what a person typed, in the form of the examples. */
  prompt(text: string): readonly number[];
  decode(ids: readonly number[]): string;
  endTokens(): Promise<EndTokens>;
}

/** Identity of an example within a split of its dataset. */
export interface ExampleIdentity {
  /** Among the examples of the split that the dataset reads, from 0. */
  readonly index: number;
  /** Column of ids in the dataset; null without one. */
  readonly id: string | null;
}

export interface EvaluatedExample extends ExampleIdentity {
  /** Names of the example's own classes, where not all examples share the task's. */
  readonly choices?: readonly string[];
  /** The text in the loss of a language model. */
  readonly reference?: string;
}

/** Training and test examples by their indices. */
export interface ChosenExamples {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Called with the number of examples read of `total` in a split; may throw to stop. */
export type ReadingProgress = (split: 'train' | 'test', done: number, total: number) => Promise<void>;

/** Examples exactly as the model reads them, with the settings that Transformers needs to train on them. */
export interface ExportedExamples {
  readonly settings: {
    /** Replaces the class of the task's declaration. */
    readonly auto_class?: AutoClass;
    /** Transformers' problem_type of the head; null without a head. */
    readonly problem_type: 'single_label_classification' | 'multi_label_classification' | 'regression' | null;
    /** Token id for padding. */
    readonly pad_token_id?: number;
    /** First token of a decoder that has an encoder. */
    readonly decoder_start_token_id?: number;
    /** Module of the script that loads, trains and scores the examples; absent: the usual one. */
    readonly script?: string;
    /** The loss of preferences that `auto` takes. */
    readonly loss_type?: string;
    /** Loss selected by `auto` for embeddings, and the form of the rows. */
    readonly embedding_loss?: EmbeddingLossId;
    readonly pooling_mode?: PoolingMode;
    readonly rows?: PairForm;
  };
  /** By `train.<name>` and `test.<name>`, one entry per example, and tables shared by both splits. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

export interface TrainingExamples {
  readonly count: number;
  /** Class of each example, if any, for few-shot subsets. */
  readonly classes: { readonly ids: Int32Array; readonly names: readonly string[] } | null;
  /** @param augmented augmentation of the rows, for images only; null: none. */
  readonly load: (indices: Int32Array, augmented?: AugmentedRows | null) => Promise<MicroBatch>;
  /** Tokens of an example; absent for images. */
  readonly lengthOf?: (index: number) => number;
}
