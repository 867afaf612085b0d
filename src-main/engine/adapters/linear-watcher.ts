import type * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/model.ts';

/** Told when a linear begins, and what it gave. */
export interface LinearWatcher {
  enter(module: LinearModule): void;
  leave(module: LinearModule, result: tf.Tensor): void;
}
