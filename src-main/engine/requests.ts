import type { z } from 'zod';
import type { AdapterConfig, AdapterSettings } from '../../src-shared/domain/adapters/adapter.ts';
import type { DatasetDescription, DatasetSource } from '../../src-shared/domain/data/dataset.ts';
import type { ChatMessage } from '../../src-shared/domain/generation/chat-message.ts';
import type { MergeWeight } from '../../src-shared/domain/merging/merge.ts';
import type { ModelDescription } from '../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../src-shared/domain/parameters/parameter.ts';
import type { CotoSettings } from '../../src-shared/domain/runs/coto.ts';
import type { RunConfig, RunResult } from '../../src-shared/domain/runs/run.ts';
import type { TaskSettings } from '../../src-shared/domain/runs/task.ts';
import type { ComputeChoice } from './compute/selection.ts';
import type { EngineTask, engineTaskSchema } from './contract.ts';
import type { EngineEvent } from './events.ts';
import type { HostTensor } from './tensors/host-tensor.ts';

/** Computation, events and early end of a call. */
export interface CallOptions {
  /**
   * Compute backend. Default `auto`: the native kernels where they are compiled for this system, otherwise WebAssembly.
   * `webgpu` and `tensorflow` load a driver of the GPU into this process; a driver that crashes ends the process.
   */
  readonly compute?: ComputeChoice;
  /** Number of threads. Default: one for each core. */
  readonly threads?: number;
  /** Receives progress, metrics, checkpoints, texts and log lines while the call runs. */
  onEvent?(event: EngineEvent): void;
  /**
   * Ends the call at the next step or batch with the error code `cancelled`. The abort reason `'stop'` ends a training with
   * an adapter, and `'pause'` with a checkpoint that `resumeFrom` continues.
   */
  readonly signal?: AbortSignal;
}

/** A folder in the Hugging Face format: config.json, model.safetensors, and a tokenizer or preprocessor. */
export interface Model {
  /** Absolute path. */
  readonly directory: string;
  /** Family, sizes, labels, linear layers, and the SHA-256 of config.json and weights. */
  readonly description: ModelDescription;
}

/** Location and format of a dataset, as `openDataset` returns it. `options` are those of its reader. */
export interface Dataset extends DatasetSource {
  readonly description: DatasetDescription;
}

/** Path of a dataset, whose format is detected, or a location with chosen reader options. */
export type DatasetInput = string | DatasetSource;

/** A training. Settings that are left out take their defaults; `runConfigSchema` declares all of them. */
export interface TrainRequest {
  readonly model: string | Model;
  readonly dataset: DatasetInput;
  /** Folder of the run, created if it is missing. The checkpoints are written to `checkpoints/` in it. */
  readonly output: string;
  /** Transformers' and PEFT's names. `coto: {}` trains with the CoTo schedule, and `coto: null`, the default, without. */
  readonly config?: Omit<Partial<RunConfig>, 'model' | 'dataset' | 'adapter' | 'coto'> & {
    readonly adapter?: Partial<AdapterSettings> & ParameterValues;
    readonly coto?: Partial<CotoSettings> | null;
  };
  /** PEFT folder of an adapter to start from. It has the same base, variant, targets and ranks. */
  readonly seedAdapter?: string;
  /** Checkpoint folder of the same run to resume from. The resumed run gives the same adapter, bit for bit. */
  readonly resumeFrom?: string;
}

/** The end of a training. */
export interface TrainResult {
  /** `stopped` and `paused` follow from the abort reason of the signal. */
  readonly outcome: 'completed' | 'stopped' | 'paused';
  /** PEFT folder of the adapter: the last checkpoint, or with `load_best_model_at_end` the best. Null for a paused run. */
  readonly adapter: string | null;
  /** Folder of the last checkpoint, to resume from. */
  readonly checkpoint: string | null;
  /** Losses, scores and times. Null for a paused run. */
  readonly result: RunResult | null;
}

/** An evaluation of the base, of one adapter, or of an ensemble of several. */
export interface EvaluateRequest {
  readonly model: string | Model;
  readonly dataset: DatasetInput;
  /** PEFT folders. None: the base alone. Several: the weighted mean of their outputs; one alone is scaled by its weight. */
  readonly adapters?: readonly (string | { readonly directory: string; readonly weight: number })[];
  readonly settings?: Partial<TaskSettings>;
  /** Number of test examples, from the start of the split. 0, the default: all. */
  readonly samples?: number;
  /** File for the prediction of each example, one JSON object a line. An existing file is replaced. */
  readonly predictionsFile?: string;
}

/** A merge of adapters on one base. */
export interface MergeRequest {
  readonly model: string | Model;
  readonly adapters: readonly (string | MergedAdapter)[];
  /** Id in `declarations.mergeMethods`. */
  readonly method: string;
  /** Parameters of the method. Missing ones take the declared defaults. */
  readonly parameters?: ParameterValues;
  /** PEFT folder for the merge, which must not exist. Methods that combine outputs write none. */
  readonly output?: string;
  /** Datasets on whose test splits each adapter, the merge and the base are scored. Default: none. */
  readonly datasets?: readonly DatasetInput[];
  readonly settings?: Partial<TaskSettings>;
  /** Number of test examples of each dataset. 0, the default: all. */
  readonly samples?: number;
  /** Number of training examples of each dataset, for methods that look at data. Default 64. */
  readonly tuningSamples?: number;
}

/** An adapter of a merge, with its weight. */
export interface MergedAdapter {
  readonly directory: string;
  /** One weight, or one for each layer. Default: 1 / number of adapters. */
  readonly weight?: MergeWeight;
  /** Training step of a checkpoint, for averages over a run. */
  readonly step?: number;
  /** Index in `datasets` of the dataset that the adapter was trained on, for methods that look at data. */
  readonly dataset?: number;
}

/** A merge and its scores. */
export interface MergeResult {
  /** PEFT folder of the merge. Null for methods that combine outputs. */
  readonly adapter: string | null;
  /** Weights in the order of the adapters: those of the request, or those that a search found. */
  readonly weights: readonly MergeWeight[];
  readonly notes: readonly string[];
  /** Accuracies (0 to 1) on each dataset; null without a head for its labels. */
  readonly scores: readonly {
    readonly adapters: readonly (number | null)[];
    readonly merged: number | null;
    readonly base: number | null;
  }[];
}

/** A pruning of one adapter. */
export interface PruneRequest {
  readonly model: string | Model;
  /** PEFT folder. */
  readonly adapter: string;
  /** Id in `declarations.pruneMethods`. */
  readonly method: string;
  readonly parameters?: ParameterValues;
  /** PEFT folder for the pruned adapter, which must not exist. */
  readonly output: string;
  /** Dataset whose training split has the examples of methods that run the adapter. */
  readonly dataset?: DatasetInput;
  readonly settings?: Partial<TaskSettings>;
}

/** A text to generate. */
export interface GenerateRequest {
  readonly model: string | Model;
  /** A text to continue, or a conversation that is written with the chat template of the model. */
  readonly prompt: string | readonly ChatMessage[];
  /** PEFT folder. Default: the base alone. */
  readonly adapter?: string;
  /** Default 128, or the `max_new_tokens` of the model's generation_config.json. */
  readonly maxNewTokens?: number;
  /** Parameters in `declarations.sampling`. Default: those of the model's generation_config.json. */
  readonly sampling?: ParameterValues;
  /** Strings before which the text ends. */
  readonly stop?: readonly string[];
  /** The same seed gives the same text. Default 0. */
  readonly seed?: number;
}

/** An image to classify. */
export interface ClassifyRequest {
  readonly model: string | Model;
  /** Path of an image file. */
  readonly image: string;
  /** PEFT folder. Default: the base alone. */
  readonly adapter?: string;
  /** Names of the classes, for CLIP. Other models have classes of their own. */
  readonly classes?: readonly string[];
  /** Number of classes in the answer. Default 10. */
  readonly top?: number;
}

/** An adapter in memory, with module names of current Transformers. Tensors are row-major. */
export interface Adapter {
  /** Id in `declarations.adapterVariants`. */
  readonly variant: string;
  /** Settings of the variant, such as `r` and `lora_alpha`. */
  readonly parameters: ParameterValues;
  /** Keys of adapter_config.json that every variant has. */
  readonly config: AdapterConfig;
  /** CoTo schedule that the adapter was trained with; null without one. */
  readonly coto: CotoSettings | null;
  /** Labels of the rows of a saved classifier; null without one. */
  readonly labels: readonly string[] | null;
  /** Factors of each adapted module; `rank` is null for variants without ranks. LoRA has `a` [rank, in] and `b` [out, rank], and ΔW = scaling · b · a. */
  readonly modules: ReadonlyMap<
    string,
    { readonly rank: number | null; readonly scaling: number; readonly tensors: ReadonlyMap<string, HostTensor> }
  >;
  /** Tensors that all modules share, such as the projections of VeRA. */
  readonly shared: ReadonlyMap<string, HostTensor>;
  /** Modules that are trained in full, by tensor name: weights [out, in], biases [out]. */
  readonly saved: ReadonlyMap<string, HostTensor>;
  /** Biases that replace those of the base, by tensor name: [out]. */
  readonly biases: ReadonlyMap<string, HostTensor>;
}

/** A job of the contract, without `compute` and `threads`, which are options of the call. Paths are absolute. */
export type Job<Kind extends EngineTask['kind']> = Kind extends unknown
  ? Omit<Extract<z.input<typeof engineTaskSchema>, { kind: Kind }>, 'compute' | 'threads'>
  : never;
