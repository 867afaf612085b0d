import type { LinearLayout, NormLayout, PartContents } from './part.ts';
import { type FeedForwardLayout, feedForwardContents, type MixerLayout, mixerContents } from './parts.ts';
import type { Rope } from './rope.ts';

/** Norms of a layer by their places; null: none there. */
export interface LayerNorms {
  readonly beforeMixer: NormLayout | null;
  /** On the mixer's output, before it is added to the residual. */
  readonly afterMixer: NormLayout | null;
  readonly beforeFeedForward: NormLayout | null;
  readonly afterFeedForward: NormLayout | null;
}

export interface DecoderLayerLayout {
  /** e.g. model.layers.0 */
  readonly name: string;
  readonly norms: LayerNorms;
  /** Norms of what the mixer and the feed-forward part give with the residual (BERT's post-norm); absent: none. */
  readonly sumNorms?: { readonly mixer: NormLayout; readonly feedForward: NormLayout };
  /**
   * True if the mixer and the feed-forward part read the same state: x + mixer(n(x)) + feedForward(m(x)). Without a norm before
   * the feed-forward part, both read n(x).
   */
  readonly isParallel: boolean;
  /** Factor of what the mixer and the feed-forward part add to the residual (Granite). */
  readonly residualScale: number;
  /** True if the norms behind a part normalize its sum with the residual (OPT-350m). */
  readonly hasPostNorms?: boolean;
  readonly mixer: MixerLayout;
  readonly feedForward: FeedForwardLayout;
}

/** A table of token types, e.g. first and second sentence, added to the embedding (Nomic BERT). */
export interface TokenTypes {
  readonly name: string;
  readonly rows: number;
}

/** A table of positions that are learned, added to the embedding (OPT). */
export interface LearnedPositions {
  readonly name: string;
  readonly rows: number;
  /** Row of position 0. */
  readonly offset: number;
}

/** The table of token embeddings, and operations before the first layer. */
export interface EmbeddingLayout {
  readonly name: string;
  readonly scale: number;
  /** True if Transformers' module of the table multiplies by the scale, so that noise on its rows is added after it. */
  readonly isScaledTable?: true;
  /** A linear from the table's width to the hidden size (OPT-350m). */
  readonly projection: LinearLayout | null;
  readonly positions: LearnedPositions | null;
  readonly types?: TokenTypes;
  readonly norm: NormLayout | null;
}

export interface HeadLayout {
  readonly linear: LinearLayout;
  /** Factor of the logits. */
  readonly scale: number;
  /** Logits are bent to softcap · tanh(logits / softcap) (Gemma 2); 0: they stay. */
  readonly softcap: number;
}

/** The head of a decoder that labels texts or tokens: one linear on the last states. */
export interface ClassifierLayout {
  readonly linear: LinearLayout;
  /** Texts get their labels from their last token. */
  readonly kind: 'text-classification' | 'token-classification' | 'question-answering';
  readonly labels: readonly string[];
}

/** Prefixes of a layout's names, and what stands in their place elsewhere. The first that fits counts. */
export type Renaming = readonly (readonly [prefix: string, replacement: string])[];

/** A decoder, or an encoder of a decoder's shape, as plain data that a family makes of config.json. */
export interface DecoderLayout {
  readonly architecture: string;
  readonly hiddenSize: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly embedding: EmbeddingLayout;
  /** Rotations that the layers' mixers name by their place in this list. */
  readonly ropes: readonly Rope[];
  readonly layers: readonly DecoderLayerLayout[];
  readonly finalNorm: NormLayout | null;
  /** A linear from the hidden size to the width of the head's input (OPT-350m). */
  readonly finalProjection: LinearLayout | null;
  /** Null: a classifier, or a model that gives its last states, for embeddings. */
  readonly head: HeadLayout | null;
  /** The head of a model that labels texts or tokens. */
  readonly classifier?: ClassifierLayout;
  /** True if the head has the embedding's table as its weight. */
  readonly isTied: boolean;
  /** Names in the file, in alternative forms: the first whose embedding is there counts; empty: the names of the layout. */
  readonly checkpointNames: readonly Renaming[];
  /** Names of modules for adapters, as transformers has them; empty: the names of the layout. */
  readonly moduleNames: Renaming;
  /** True of the text model of a checkpoint that reads images too. */
  readonly ignoresImages: boolean;
  /** Part of the names of tensors within the layers that change no outputs. */
  readonly ignorable: RegExp;
}

/** Returns a layout's name as it stands elsewhere. */
export function renamed(renaming: Renaming, name: string): string {
  const rule = renaming.find(([prefix]) => name.startsWith(prefix));
  return rule ? rule[1] + name.slice(rule[0].length) : name;
}

/** Everything that a layer reads, in the order of its modules. */
export function layerContents({ norms, sumNorms, mixer, feedForward }: DecoderLayerLayout): PartContents {
  const parts = [mixerContents(mixer), feedForwardContents(feedForward)];
  const own = [norms.beforeMixer, norms.afterMixer, norms.beforeFeedForward, norms.afterFeedForward];
  return {
    linears: parts.flatMap(({ linears }) => linears),
    norms: [
      ...present(own),
      ...(sumNorms ? [sumNorms.mixer, sumNorms.feedForward] : []),
      ...parts.flatMap((part) => part.norms),
    ],
    tensors: parts.flatMap(({ tensors }) => tensors),
  };
}

function present(norms: readonly (NormLayout | null)[]): NormLayout[] {
  return norms.filter((norm) => norm !== null);
}
