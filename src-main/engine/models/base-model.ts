import type * as tf from '@tensorflow/tfjs-core';
import type { LinearModule, ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { LinearProduct } from '../compute/decoder-step.ts';
import type { RotaryTable } from '../ops/attention/rotary.ts';
import type { FrozenVector } from '../ops/linear/frozen-vector.ts';
import type { FrozenWeight } from '../ops/linear/frozen-weight.ts';
import type { LinearOptions } from '../ops/linear/linear-options.ts';
import type { HeadProduct } from '../ops/loss/divergence.ts';
import type { LabelForm } from '../ops/loss/label-form.ts';
import type { TrainedRows } from '../ops/loss/linear-cross-entropy.ts';
import type { KeyValueCache } from './key-value-cache.ts';

/**
 * Access of a family's forward pass to its linear layers. The family names the module; the implementation applies
 * adapters, so families are independent of them.
 */
export interface LinearRunner {
  /** x: [rows, inFeatures] → [rows, outFeatures], bias and adapter (if there is an active one) included. */
  linear(module: LinearModule, x: tf.Tensor2D, options?: LinearOptions): tf.Tensor2D;
  /**
   * Rows of an embedding: ids [rows] int32 → [rows, outFeatures], adapter (if there is an active one) included.
   * @param scale factor by which Transformers' module multiplies its rows, and the family those returned here; default 1
   */
  embedding(module: LinearModule, ids: tf.Tensor1D, scale?: number): tf.Tensor2D;
  /** Returns true if the module is unchanged from the base: neither adapted nor trained, in full or by tokens. */
  isPlain(module: LinearModule): boolean;
  /** Rows of the module's weight that are trained, if that is all that differs from the base; default: none. */
  trainedRows?(module: LinearModule): TrainedRows | null;
  /** True if biases of the base outside of linears are replaced while the model runs; default: false. */
  readonly replacesBiases?: boolean;
  /** Returns true if the module multiplies in bfloat16; attention on its outputs may then use bfloat16 too. */
  inBfloat16(module: LinearModule): boolean;
  /** PEFT's name of the task that the adapter brings a head for; null: the base's own. */
  readonly headTask: string | null;
  /**
   * Returns the product that `linear` computes for the module, if it has at most LoRA's factors in addition; null
   * otherwise. Omitted by runners that must see every product.
   */
  product?(module: LinearModule): LinearProduct | null;
  /** True if gradients will be needed: `activate` then computes the derivative with the value. */
  readonly taped: boolean;
}

/** Called before a linear layer runs, and with its output. */
export interface LinearWatcher {
  enter(module: LinearModule): void;
  leave(module: LinearModule, result: tf.Tensor): void;
}

/** Named inputs of a forward pass, e.g. pixel_values [batch, channels, height, width]. */
export type ModelInputs = Readonly<Record<string, tf.Tensor>>;

/** Hidden states between layers, [batch · tokens, hiddenSize], and their shape. */
export interface HiddenStates {
  readonly hidden: tf.Tensor2D;
  readonly batch: number;
  readonly tokens: number;
  /** Read-only inputs of all layers. */
  readonly context?: SequenceContext | undefined;
}

/** Positions and padding of the tokens in a batch. */
export interface SequenceContext {
  /** Rotations for the positions of one sequence, or of every row of the batch; layers name them by their places here. */
  readonly rotaries?: readonly RotaryTable[] | undefined;
  /** [batch, tokens], 1 to attend, 0 for padding; absent without padding. */
  readonly mask?: tf.Tensor2D | undefined;
  /** Place of the last token of each row that is not padding, among all rows of `hidden`; absent without padding. */
  readonly lastTokens?: Int32Array | undefined;
  /**
   * Tokens of each of the sequences that share the rows, one behind the other over the whole batch; absent where every row is one
   * sequence.
   */
  readonly segments?: readonly number[] | undefined;
  /** Keys and values of the tokens before these, in generation; every layer adds its own. */
  readonly cache?: KeyValueCache | undefined;
  /** Further values that a family computes once for all its layers. */
  readonly tensors?: Readonly<Record<string, tf.Tensor>> | undefined;
}

/**
 * A base model with its weights loaded, frozen. The forward pass is cut into embedding, layers and head, so that a
 * training step can run everything below the lowest active adapter without a tape.
 */
export interface BaseModel {
  readonly description: ModelDescription;
  readonly layerCount: number;
  /**
   * True if a linear also receives rows of no single example (DeBERTa's distances, CLIP's two towers). Examples of
   * different adapters then never share a batch.
   */
  readonly mixesExamples?: boolean;
  /**
   * Returns true if the rows of a linear's inputs are the tokens of a decoder that has an encoder. Omitted by models without one,
   * whose rows are those of `input_ids`.
   */
  isOfDecoder?(module: LinearModule): boolean;
  /** True if several layers are one layer run again (ALBERT), so that a pass meets its modules more than once. */
  readonly repeatsLayers?: boolean;
  /** Length in tokens beyond which keys in a cache of a shorter text are void (`outgrowsCache`); absent: none. */
  readonly cacheLimit?: number | undefined;
  /**
   * Texts come as input_ids [batch, tokens] and, where some are padded, attention_mask [batch, tokens]; with a cache
   * the mask is of all tokens so far, and the ids are the new ones.
   */
  embed(inputs: ModelInputs, runner: LinearRunner, cache?: KeyValueCache): HiddenStates;
  /**
   * Computes in batches what all passes on inputs with these texts have in common, and keeps it; does nothing where the runner changes
   * it. `onBatch` is waited for after each batch, and ends it by what it throws. Left out by families without such texts.
   */
  prepare?(
    inputs: ModelInputs,
    runner: LinearRunner,
    onBatch: (done: number, total: number) => Promise<void>,
  ): Promise<void>;
  /** May return fewer tokens if the rest of the pass does not need them. */
  layer(index: number, states: HiddenStates, runner: LinearRunner): HiddenStates;
  /**
   * All layers at once, for the next token of each row with a cache: what `layer` gives one after another. Null where they must
   * run one by one; left out by families that always do.
   */
  step?(states: HiddenStates, runner: LinearRunner): HiddenStates | null;
  /** The task's outputs: logits [batch, labels] of a classifier, [batch · tokens, vocabulary] of a language model. */
  head(states: HiddenStates, runner: LinearRunner): tf.Tensor2D;
  /**
   * The loss computed from the last layer's states, if the outputs would be too large (language models): the mean
   * over the labels other than −100. Absent if it is `labelLossOf` the head's outputs.
   */
  loss?(states: HiddenStates, labels: tf.Tensor1D, runner: LinearRunner, form: LabelForm): tf.Scalar;
  /** The head of a language model as one product with its frozen weight; null where the runner changes that weight. */
  headProduct?(states: HiddenStates, runner: LinearRunner): HeadProduct | null;
  /** The last layer's states as a model without a head gives them, where that normalizes them. */
  finalStates?(states: HiddenStates, runner: LinearRunner): tf.Tensor2D;
  /** Named outputs, if there are others than the head's. */
  outputs?(inputs: ModelInputs, runner: LinearRunner): Readonly<Record<string, tf.Tensor>>;
  /**
   * The frozen weight [outFeatures, inFeatures] and bias of a linear (of an embedding: its table [inFeatures,
   * outFeatures]); the caller must not dispose them.
   */
  frozen(module: LinearModule): { weight: tf.Tensor2D; bias: tf.Tensor1D | null };
  /** The same as `frozenLinear` and `loraLinear` take it. */
  frozenWeight(module: LinearModule): FrozenWeight;
  /** One of the description's `biases`, by its key in the checkpoint. Left out where the description names none. */
  frozenVector?(checkpointKey: string): FrozenVector;
  dispose(): void;
}
