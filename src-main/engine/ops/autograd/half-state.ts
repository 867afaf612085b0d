import * as tf from '@tensorflow/tfjs-core';
import { runUntracked, shallowClone } from '../../compute/tfjs-internals.ts';

/** Returns true if the active backend can keep states in bfloat16. */
export function canHalveStates(): boolean {
  return tf.getKernel('CotoToBfloat16', tf.getBackend()) !== undefined;
}

/** A float32 tensor that waits for the backward pass in bfloat16, rounded to the nearest: half the memory, 8 bits of precision. */
export class HalfState {
  /** Pairs of values; its owner disposes it. */
  readonly pairs: tf.Tensor;
  private readonly shape: readonly number[];

  private constructor(pairs: tf.Tensor, shape: readonly number[]) {
    this.pairs = tf.keep(pairs);
    this.shape = shape;
  }

  static of(tensor: tf.Tensor): HalfState {
    return new HalfState(onlyOne(runUntracked('CotoToBfloat16', { x: tensor }, {}, lacking)), tensor.shape);
  }

  /** Another owner of the same values, seen in a shape of its own. */
  shared(shape: readonly number[]): HalfState {
    return new HalfState(shallowClone(this.pairs), shape);
  }

  /** The rounded values, a new tensor. */
  restored(): tf.Tensor {
    const count = this.shape.reduce((product, size) => product * size, 1);
    const flat = onlyOne(runUntracked('CotoFromBfloat16', { x: this.pairs }, { count }, lacking));
    const tensor = tf.reshape(flat, [...this.shape]);
    flat.dispose();
    return tensor;
  }
}

/** The halves of the states of one pass: several operations keep the same one. */
export class HalfStates {
  private readonly known = new WeakMap<object, HalfState>();

  halve(tensor: tf.Tensor): HalfState {
    const known = this.known.get(tensor.dataId);
    if (known !== undefined && !known.pairs.isDisposed) return known.shared(tensor.shape);
    const made = HalfState.of(tensor);
    this.known.set(tensor.dataId, made);
    return made;
  }
}

let active: HalfStates | null = null;

/** Runs a forward pass whose operations keep their states in bfloat16. */
export function withHalfStates<Result>(run: () => Result): Result {
  const before = active;
  active = new HalfStates();
  try {
    return run();
  } finally {
    active = before;
  }
}

/** Returns the half-precision states of the running forward pass; null if it keeps states in float32. */
export function halfStates(): HalfStates | null {
  return active;
}

function lacking(backendName: string): never {
  throw new Error(`the backend ${backendName} keeps no states in bfloat16`);
}

function onlyOne([tensor]: readonly tf.Tensor[]): tf.Tensor {
  if (tensor === undefined) throw new Error('a cast gave no output');
  return tensor;
}
