import type { Activation } from '../../ops/activation/activate.ts';
import type { RelativePositions } from './relative-positions.ts';

/** A linear of the head, and the activation after it; the outputs of the last one are the labels. */
export interface HeadPart {
  /** Name in the model; bare checkpoints lack the prefix. */
  readonly name: string;
  readonly activation: Activation | null;
  /** True if the module belongs to the encoder, e.g. its pooler, and not to the task. */
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

/**
 * Plan of an encoder with the architecture of BERT (Devlin et al. 2019): declared by a family, read by checks, loader and
 * memory estimate.
 */
export interface EncoderPlan {
  readonly architecture: string;
  /** Prefix of the encoder's module names; checkpoints of the bare encoder lack it. */
  readonly prefix: string;
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly vocabularySize: number;
  readonly epsilon: number;
  readonly activation: Activation;
  /**
   * Number of learned positions. With `padding`, positions skip the tokens with that id and start at padding + 1 (RoBERTa).
   * Null: no position embedding.
   */
  readonly positions: { readonly rows: number; readonly padding: number | null } | null;
  /** Maximum number of tokens. */
  readonly maxTokens: number;
  /** Number of token types, e.g. first and second sentence; 0: none. */
  readonly types: number;
  /** True if the embedding of padding is zero (DeBERTa). */
  readonly clearsPadding: boolean;
  readonly relative: RelativePositions | null;
  /** Prefix of a layer's number. */
  readonly layers: string;
  readonly names: LayerNames;
  readonly head: readonly HeadPart[];
  /** Task of the checkpoint's head, if the head has outputs for each token. */
  readonly labelsTokens?: 'token-classification' | 'question-answering';
  /** In the order of their ids; null if the config has none. */
  readonly labels: readonly string[] | null;
}

/** A layer's name in the model. */
export function layerName(plan: EncoderPlan, layer: number): string {
  return `${plan.prefix}.${plan.layers}.${layer}`;
}
