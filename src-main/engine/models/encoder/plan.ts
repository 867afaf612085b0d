import type { Activation } from '../../ops/activation/activate.ts';
import type { RelativePositions } from './relative-positions.ts';

/** One linear of the head, and the activation after it; the last one's outputs are the labels. */
export interface HeadPart {
  /** In the model; the checkpoint's bare form leaves out the prefix. */
  readonly name: string;
  readonly activation: Activation | null;
  /** Belongs to the encoder, e.g. its pooler, and not to the task. */
  readonly isOfEncoder: boolean;
}

/** Names of a layer's parts within it. */
export interface LayerNames {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly o: string;
  readonly fc1: string;
  readonly fc2: string;
  readonly attentionNorm: string;
  readonly outputNorm: string;
}

/** What an encoder of the BERT kind (Devlin et al. 2019) is made of: a family says it, checks, loader and memory read it. */
export interface EncoderPlan {
  readonly architecture: string;
  /** What the names of the encoder's modules begin with; checkpoints of the bare encoder leave it out. */
  readonly prefix: string;
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly vocabularySize: number;
  readonly epsilon: number;
  readonly activation: Activation;
  /**
   * Learned positions: rows of their table. With `padding`, the token of that id, positions count the other tokens only, from
   * padding + 1 on (RoBERTa). Null: none are added.
   */
  readonly positions: { readonly rows: number; readonly padding: number | null } | null;
  /** The longest text. */
  readonly maxTokens: number;
  /** Kinds of tokens, e.g. of the first and the second sentence; 0: none are told apart. */
  readonly types: number;
  /** The embedding of padding is zero (DeBERTa). */
  readonly clearsPadding: boolean;
  readonly relative: RelativePositions | null;
  /** Before a layer's number. */
  readonly layers: string;
  readonly names: LayerNames;
  readonly head: readonly HeadPart[];
  /** In the order of their ids; null where the config names none. */
  readonly labels: readonly string[] | null;
}

/** A layer's name in the model. */
export function layerName(plan: EncoderPlan, layer: number): string {
  return `${plan.prefix}.${plan.layers}.${layer}`;
}
