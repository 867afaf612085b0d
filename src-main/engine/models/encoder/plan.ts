import type { Activation } from '../../ops/activation/activate.ts';
import type { RelativeBuckets } from '../blocks/relative-bias.ts';
import type { NormLayout } from '../decoder/part.ts';
import type { RelativePositions } from './relative-positions.ts';

/** A linear of the head, and the activation after it; the outputs of the last one are the labels. */
export interface HeadPart {
  /** Name in the model; bare checkpoints lack the prefix. */
  readonly name: string;
  readonly activation: Activation | null;
  /** True if the module belongs to the encoder, e.g. its pooler, and not to the task. */
  readonly isOfEncoder: boolean;
  /** Norm behind the activation; absent: none. */
  readonly norm?: NormLayout;
  /** Default: true. */
  readonly hasBias?: boolean;
  /** True if heads with outputs for each token read this part too (ModernBERT). */
  readonly servesTokens?: boolean;
}

/** The head of an encoder's checkpoint. */
export interface HeadPlan {
  /** Input of the head: the first token, the mean of all; or the mean of the logits of all tokens. */
  readonly pooling: 'first' | 'mean' | 'late';
  readonly head: readonly HeadPart[];
  /** Task of the checkpoint's head, if the head has outputs for each token. */
  readonly labelsTokens?: 'token-classification' | 'question-answering';
  /** In the order of their ids; null if the config has none. */
  readonly labels: readonly string[] | null;
  /** Names of heads' linears by PEFT's task, where Transformers' classes have others than usual. */
  readonly taskHeads?: Readonly<Record<string, string>>;
  /** Class of a checkpoint whose head of pre-training is not loaded. */
  readonly unusedHead?: string;
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
export interface EncoderPlan extends HeadPlan {
  readonly architecture: string;
  /** Prefix of the encoder's module names; checkpoints of the bare encoder lack it. */
  readonly prefix: string;
  readonly hiddenSize: number;
  readonly innerSize: number;
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
  /** Width of the embeddings and linear layer that brings them to `hiddenSize`; null: they have that width (BERT). */
  readonly projection: { readonly size: number; readonly name: string } | null;
  /** True if the embedding of padding is zero (DeBERTa). */
  readonly clearsPadding: boolean;
  readonly relative: RelativePositions | null;
  /** Factor of the scores of attention; absent: 1 / √(head size). */
  readonly scoreScale?: number;
  /** Biases of the scores by distance, the same in every layer: a table [rows, heads] (MPNet). Absent: none. */
  readonly bias?: RelativeBuckets & { readonly name: string; readonly rows: number };
  /**
   * Names of the layers within the encoder, from the input up. A repeated name is the same layer, run again with the same
   * weights (ALBERT).
   */
  readonly layers: readonly string[];
  readonly names: LayerNames;
}

/** Names of `count` layers that a prefix numbers. */
export function numberedLayers(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, layer) => `${prefix}.${layer}`);
}

/** A layer's name in the model. */
export function layerName(plan: EncoderPlan, layer: number): string {
  return `${plan.prefix}.${plan.layers[layer]}`;
}

/** Indices of the layers with weights of their own: the first of each name. */
export function ownLayers({ layers }: EncoderPlan): number[] {
  return layers.flatMap((name, layer) => (layers.indexOf(name) === layer ? layer : []));
}

/** Width of the embedding tables and of the normalization of their sum. */
export function embeddingSize({ projection, hiddenSize }: EncoderPlan): number {
  return projection?.size ?? hiddenSize;
}
