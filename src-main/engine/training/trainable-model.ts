import type { AdaptedModel } from '../adapters/adapted-model.ts';

/** What a training step asks of a model: an adapted base, or a model that is trained as a whole. */
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
