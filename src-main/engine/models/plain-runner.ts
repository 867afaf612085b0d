import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import { frozenLinear } from '../ops/linear/frozen-linear.ts';
import type { LinearOptions } from '../ops/linear/linear-options.ts';
import type { BaseModel, LinearRunner, ModelInputs } from './base-model.ts';

/** The plain base, without adapters. */
export class PlainRunner implements LinearRunner {
  readonly taped = false;
  readonly headTask = null;
  private readonly base: BaseModel;

  constructor(base: BaseModel) {
    this.base = base;
  }

  linear(module: LinearModule, x: tf.Tensor2D, options?: LinearOptions): tf.Tensor2D {
    return frozenLinear(x, this.base.frozenWeight(module), options);
  }

  embedding(module: LinearModule, ids: tf.Tensor1D): tf.Tensor2D {
    return tf.gather(this.base.frozenWeight(module).weight, ids);
  }

  isPlain(): boolean {
    return true;
  }

  inBfloat16(module: LinearModule): boolean {
    return this.base.frozenWeight(module).bfloat16;
  }
}

/** Embedding, every layer and the head, in order. */
export function forwardThrough(base: BaseModel, inputs: ModelInputs, runner: LinearRunner): tf.Tensor2D {
  let states = base.embed(inputs, runner);
  for (let layer = 0; layer < base.layerCount; layer++) states = base.layer(layer, states, runner);
  return base.head(states, runner);
}
