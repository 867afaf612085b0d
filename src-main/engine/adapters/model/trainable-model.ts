import type { AdaptedModel } from './adapted-model.ts';

/** The part of a model that a forward and backward pass uses. `Dropout`: the position of its dropout streams. */
export interface DifferentiableModel<Dropout>
  extends Pick<
    AdaptedModel,
    'trainsBelowLayers' | 'lowestActiveLayer' | 'embed' | 'forwardBelow' | 'layer' | 'statesFrom'
  > {
  readonly base: Pick<AdaptedModel['base'], 'layerCount'>;
  dropoutState(): Dropout;
  replayDropout<Result>(state: Dropout, run: () => Result): Result;
}

/** The part of a model that a training step uses: an adapted base, or a model trained as a whole. */
export type TrainableModel = Pick<AdaptedModel, 'trainable' | 'head' | 'loss'> &
  DifferentiableModel<readonly number[] | null> &
  Partial<Pick<AdaptedModel, 'passVariants' | 'withSeeds' | 'watching' | 'finalStates'>>;
