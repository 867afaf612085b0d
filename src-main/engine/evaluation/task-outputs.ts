import type { EmbeddingSettings } from '../../../src-shared/tasks/embedding.ts';
import type { AnswerDecoding, AnswerWindow, PlacedContext, WindowLogits } from '../outcomes/decode-answer.ts';
import type { EmbeddingLoss, PairForm } from '../tasks/embedding/losses/embedding-loss.ts';
import type { ClassificationLogits } from './evaluation.ts';

/** Outputs of a language model; arrays have one entry an example. */
export interface TokenOutputs {
  readonly kind: 'tokens';
  /** Nats summed over the example's tokens in the loss. */
  readonly lossSums: Float64Array;
  /** Number of these tokens, at least one. */
  readonly tokens: Uint32Array;
  /** Number of these tokens with the highest logit. */
  readonly right: Uint32Array;
  /** Number of these tokens that only end an answer or a text, which the perplexity leaves out, and their summed nats. */
  readonly ends: Uint32Array;
  readonly endLossSums: Float64Array;
  /** Whether the examples have completions, which greedy decoding reproduces where all tokens are right. */
  readonly completions: boolean;
}

/** Outputs of a head on the words of texts, one after the other. */
export interface TagOutputs {
  readonly kind: 'tags';
  /** [words, names], row-major */
  readonly logits: Float32Array;
  readonly labels: Int32Array;
  /** Words of each example. */
  readonly counts: Uint32Array;
  /** Of the tags. */
  readonly names: readonly string[];
}

/** A question on a text. */
export interface AskedQuestion {
  readonly question: string;
  readonly context: PlacedContext;
  /** Stretches of the text, each a row of the model. */
  readonly windows: readonly AnswerWindow[];
  /** First and last token of the answer in each row; 0 where it has none. */
  readonly labels: readonly (readonly [number, number])[];
  /** The right answers; none where the text has none. */
  readonly golds: readonly string[];
}

/** Outputs of a head that says where answers begin and end. */
export interface SpanOutputs {
  readonly kind: 'spans';
  readonly questions: readonly AskedQuestion[];
  /** Of each question, by window. */
  readonly logits: readonly (readonly WindowLogits[])[];
  readonly decoding: AnswerDecoding;
}

/** Of answers that are preferred or not, what a loss made of their likelihoods; arrays have one entry an example. */
export interface PreferenceOutputs {
  readonly kind: 'preferences';
  readonly losses: Float64Array;
  /** Rewards; NaN where an example has no such answer. */
  readonly chosen: Float64Array;
  readonly rejected: Float64Array;
}

/** Vectors of texts, and the examples that they are of. */
export interface VectorOutputs {
  readonly kind: 'vectors';
  /** Of unit length [texts, width], row-major; equal texts have one row. */
  readonly vectors: Float32Array;
  readonly width: number;
  readonly pairs: VectorPairs;
}

/** Examples of texts by their rows. */
export interface VectorPairs {
  readonly form: PairForm;
  readonly anchors: Int32Array;
  /** The other text of each example: of a ranking the right one. */
  readonly others: Int32Array;
  /** Further texts of each example that are wrong for its anchor. */
  readonly negatives: readonly (readonly number[])[];
  /** In [0, 1], of each example; empty of a ranking. */
  readonly targets: Float32Array;
  readonly loss: EmbeddingLoss;
  readonly settings: EmbeddingSettings;
  textOf(row: number): string;
}

/** Outputs of a model on test examples, in the order of their indices, and targets, as needed to score it or an ensemble. */
export type TaskOutputs =
  | ClassificationLogits
  /** logits and targets (0 or 1) [examples, width], row-major */
  | {
      readonly kind: 'label-sets';
      readonly logits: Float32Array;
      readonly targets: Float32Array;
      readonly width: number;
    }
  | { readonly kind: 'numbers'; readonly predictions: Float32Array; readonly targets: Float32Array }
  | TagOutputs
  | SpanOutputs
  | TokenOutputs
  | PreferenceOutputs
  | VectorOutputs;
