import type { Activation } from '../../ops/activation/activate.ts';
import type { Rectangle } from './positions.ts';

/** Name of a part in today's transformers, and in checkpoints where it is another one. */
export interface PartName {
  readonly name: string;
  /** Default: `name`. */
  readonly stored?: string;
}

export interface LinearLayout extends PartName {
  /** Default: true. */
  readonly hasBias?: boolean;
}

/** Tokens before the patches, e.g. the class token or registers; a tensor [1, count, hiddenSize]. */
interface LeadingTokens {
  readonly name: string;
  readonly count: number;
}

/**
 * A vision transformer as plain data, made of config.json by its family. Images become patches; leading tokens come before
 * them. Each layer normalizes before attention and before the feed-forward part, both with a residual.
 */
export interface VisionLayout {
  /** Class of transformers that classifies images with the encoder, or that is loaded where there is none. */
  readonly architecture: string;
  /** Prefix of the encoder's names within the classifier, with its dot. Default: none. */
  readonly prefix?: string;
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly image: Rectangle & { readonly channels: number };
  readonly patch: Rectangle;
  /** In the order of their ids; null if the config has none. */
  readonly labels: readonly string[] | null;
  /** Name of the patches' projection, which has a bias. */
  readonly patches: string;
  readonly leading: readonly LeadingTokens[];
  /** Learned positions. Default: none. The first `tokens` of them belong to leading tokens, and the other leading tokens have none. */
  readonly positions?: {
    readonly name: string;
    readonly tokens: number;
    /** True for a table [positions, hiddenSize]; default: a tensor [1, positions, hiddenSize]. */
    readonly isTable?: boolean;
    /** Fits positions to images of another size; default: images have the config's size. */
    readonly resizing?: 'bicubic' | 'bicubic-antialias';
  };
  /** Base of the rotation of queries and keys by the place of their patch, which fits images of every size. Default: no rotation. */
  readonly rotaryBase?: number;
  /** Path of the layers, without the layer's number. */
  readonly layers: PartName;
  readonly layer: {
    readonly before: PartName;
    readonly after: PartName;
    readonly q: LinearLayout;
    readonly k: LinearLayout;
    readonly v: LinearLayout;
    readonly o: LinearLayout;
    readonly fc1: LinearLayout;
    readonly fc2: LinearLayout;
    /** A further linear from the layer's input, whose activated output multiplies that of fc1. */
    readonly gate?: LinearLayout;
    /** Vectors that multiply the outputs of attention and of the feed-forward part before the residual is added. */
    readonly scales?: { readonly attention: string; readonly feedForward: string };
  };
  readonly finalNorm: string;
  /** Input of the classifier: the class token, the mean of the patches, or both side by side. */
  readonly pooling: 'class' | 'mean' | 'class-and-mean';
}

/** Number of patches along each side of an image. */
export function patchGrid({ patch }: Pick<VisionLayout, 'patch'>, image: Rectangle): Rectangle {
  return { height: Math.floor(image.height / patch.height), width: Math.floor(image.width / patch.width) };
}

export function leadingCount({ leading }: Pick<VisionLayout, 'leading'>): number {
  return leading.reduce((sum, { count }) => sum + count, 0);
}

/** Tokens of an image: leading ones and patches. */
export function tokenCount(layout: VisionLayout, image: Rectangle = layout.image): number {
  const { height, width } = patchGrid(layout, image);
  return leadingCount(layout) + height * width;
}

/** Number of values that the classifier reads. */
export function pooledSize({ hiddenSize, pooling }: VisionLayout): number {
  return pooling === 'class-and-mean' ? 2 * hiddenSize : hiddenSize;
}

/** Returns true if the model runs on images of other sizes than the config's. */
export function resizesImages({ positions, rotaryBase }: VisionLayout): boolean {
  return rotaryBase !== undefined || positions?.resizing !== undefined;
}
