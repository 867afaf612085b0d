import type { AdaptedModel } from '../adapters/adapted-model.ts';

/** The part of a model that a training step uses: an adapted base, or a model trained as a whole. */
export type TrainableModel = Pick<
  AdaptedModel,
  | 'trainable'
  | 'trainsBelowLayers'
  | 'lowestActiveLayer'
  | 'embed'
  | 'forwardBelow'
  | 'layer'
  | 'statesFrom'
  | 'head'
  | 'loss'
  | 'dropoutState'
  | 'replayDropout'
> & { readonly base: Pick<AdaptedModel['base'], 'layerCount'> };
