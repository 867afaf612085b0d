import * as tf from '@tensorflow/tfjs-core';
import { isTaping, pushOnTape, runUntracked, shallowClone } from '../../compute/tfjs-internals.ts';
import type { AccumulatedGradient } from './accumulated-gradient.ts';
import { type HalfState, halfStates } from './half-state.ts';
import './tape-gradients.ts';

export type OperationInputs = Readonly<Record<string, tf.Tensor>>;
export type OperationAttributes = Readonly<Record<string, number>>;
/**
 * Gradient of each input, computed only if something below that input needs it. `accumulated` is the gradient that the
 * input already has from other operations: a function that takes it adds it.
 */
export type OperationGradients = Record<string, (accumulated?: AccumulatedGradient) => tf.Tensor>;

/** An operation that tfjs lacks: a composition of tfjs's own, and its gradients. */
export interface OperationDefinition {
  readonly name: string;
  /** Reference implementation, correct on every backend. Runs without a tape; intermediate tensors are disposed. */
  compose(inputs: OperationInputs, attributes: OperationAttributes): tf.Tensor | tf.Tensor[];
  /** Tensors that the gradients need; inputs omitted in a call are omitted here too. */
  readonly saved?: {
    /** Inputs that are kept until the backward pass is over. */
    readonly inputs?: readonly string[];
    /** Inputs that outlive the backward pass by themselves: frozen weights and variables. */
    readonly lasting?: readonly string[];
    /**
     * Outputs to keep, named in the order in which they are made; null: not needed. Outputs after the first are only
     * for the gradients: a call does not return them.
     */
    readonly outputs?: readonly (string | null)[];
    /**
     * Kept tensors of a batch's size that may be rounded to bfloat16 meanwhile. Excluded: inputs of an exponential,
     * labels, positions and trained tensors.
     */
    readonly states?: readonly string[];
  };
  /** `dy` is the gradient of the first output. `saved` has the tensors named there. */
  gradients?(dy: tf.Tensor, saved: OperationInputs, attributes: OperationAttributes): OperationGradients;
}

export type Operation = (inputs: OperationInputs, attributes?: OperationAttributes) => tf.Tensor[];

/**
 * Makes an operation a kernel of tfjs. Gradients are computed input by input on demand, so that nothing is computed for a
 * frozen weight or below the lowest adapter; `tf.customGrad` would compute all of them. A backend that has registered a
 * kernel of this name keeps its own; any other gets the composition on first use.
 */
export function defineOperation(definition: OperationDefinition): Operation {
  const { name, gradients } = definition;
  return (inputs, attributes = {}) => {
    const all = runUntracked(name, inputs, attributes, (backendName) => registerComposition(definition, backendName));
    const hasInner = gradients !== undefined && (definition.saved?.outputs?.length ?? 0) > 1;
    const made = hasInner ? all.slice(0, 1) : all;
    if (gradients === undefined || !isTaping()) {
      if (hasInner) for (let index = 1; index < all.length; index++) all[index]?.dispose();
      return made;
    }
    const { kept, halves, owned } = save(definition, inputs, all);
    pushOnTape({
      kernelName: name,
      inputs: { ...inputs },
      // A further output never has a gradient.
      outputs: made.slice(0, 1),
      saved: owned,
      gradient: ([dy]) => {
        if (dy === undefined) throw new Error(`${name} was given no gradient`);
        return gradients(dy, halves === null ? kept : { ...kept, ...restored(halves) }, attributes);
      },
    });
    return made;
  };
}

function registerComposition({ name, compose }: OperationDefinition, backendName: string): tf.KernelConfig {
  const composed: tf.KernelConfig = {
    kernelName: name,
    backendName,
    kernelFunc: ({ inputs, attrs }) => tf.tidy(() => compose(tensors(name, inputs), numbers(attrs))),
  };
  tf.registerKernel(composed);
  return composed;
}

/** In float32 again; to be called within `tf.tidy`. */
function restored(halves: ReadonlyMap<string, HalfState>): OperationInputs {
  return Object.fromEntries([...halves].map(([name, half]) => [name, half.restored()]));
}

/** Keeps the tensors that the gradients need; `owned` are to be disposed after the backward pass. */
function save(
  { saved = {} }: OperationDefinition,
  inputs: OperationInputs,
  made: readonly tf.Tensor[],
): { kept: OperationInputs; halves: ReadonlyMap<string, HalfState> | null; owned: tf.Tensor[] } {
  const kept: Record<string, tf.Tensor> = {};
  const states = halfStates();
  const halves = new Map<string, HalfState>();
  const owned: tf.Tensor[] = [];
  for (const name of saved.lasting ?? []) if (inputs[name]) kept[name] = inputs[name];
  const isHalved = (name: string, { dtype }: tf.Tensor) =>
    states !== null && dtype === 'float32' && (saved.states?.includes(name) ?? false);
  const own = (name: string, tensor: tf.Tensor) => {
    if (states !== null && isHalved(name, tensor)) {
      const half = states.halve(tensor);
      halves.set(name, half);
      owned.push(half.pairs);
      return;
    }
    const share = tf.keep(shallowClone(tensor));
    kept[name] = share;
    owned.push(share);
  };
  for (const name of saved.inputs ?? []) if (inputs[name]) own(name, inputs[name]);
  saved.outputs?.forEach((name, index) => {
    const output = at(made, index);
    if (index === 0) {
      if (name !== null) own(name, output);
    } else if (name === null) output.dispose();
    else if (isHalved(name, output)) {
      own(name, output);
      output.dispose();
    } else {
      // Nobody else has it: it needs no share of its own.
      kept[name] = tf.keep(output);
      owned.push(output);
    }
  });
  return { kept, halves: halves.size === 0 ? null : halves, owned };
}

/**
 * op(a) · op(b) of matrices, or of stacks of matrices [n, rows, columns]. tfjs's wasm backend takes ten times as long with
 * transpose flags, so that there the operand is transposed first.
 */
export function multiply(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, transposeA, transposeB);
  return tf.matMul(transposeA ? transposed(a) : a, transposeB ? transposed(b) : b);
}

function transposed(x: tf.Tensor): tf.Tensor {
  return x.rank === 2 ? tf.transpose(x) : tf.transpose(x, [0, 2, 1]);
}

/** Leaves out the inputs that are not used. */
export function givenInputs(inputs: Readonly<Record<string, tf.Tensor | null | undefined>>): OperationInputs {
  const given: Record<string, tf.Tensor> = {};
  for (const name in inputs) {
    const tensor = inputs[name];
    if (tensor) given[name] = tensor;
  }
  return given;
}

/** The output of an operation that gives one, with its rank checked. */
export function only2D(results: readonly tf.Tensor[]): tf.Tensor2D {
  return as2D(first(results));
}

export function first(results: readonly tf.Tensor[]): tf.Tensor {
  const [result] = results;
  if (result === undefined) throw new Error('an operation gave no output');
  return result;
}

/** The only output of an operation that gives a single number. */
export function onlyScalar(results: readonly tf.Tensor[]): tf.Scalar {
  const result = first(results);
  if (!isScalar(result)) throw new Error(`expected a number, got shape [${result.shape.join(', ')}]`);
  return result;
}

export function as2D(tensor: tf.Tensor): tf.Tensor2D {
  if (!isRank2(tensor)) throw new Error(`expected a matrix, got shape [${tensor.shape.join(', ')}]`);
  return tensor;
}

export function as1D(tensor: tf.Tensor): tf.Tensor1D {
  if (!isRank1(tensor)) throw new Error(`expected a vector, got shape [${tensor.shape.join(', ')}]`);
  return tensor;
}

/** Returns an input by name. */
export function input(inputs: OperationInputs, name: string): tf.Tensor {
  const found = inputs[name];
  if (found === undefined) throw new Error(`operation input ${name} is missing`);
  return found;
}

/** Returns an attribute by name. */
export function attribute(attributes: OperationAttributes, name: string): number {
  const found = attributes[name];
  if (found === undefined) throw new Error(`operation attribute ${name} is missing`);
  return found;
}

/** Returns a tensor, or what else an operation has one each of, by its index. */
export function at<Item = tf.Tensor>(items: readonly Item[], index: number): Item {
  const found = items[index];
  if (found === undefined) throw new Error(`item ${index} of an operation is missing`);
  return found;
}

function isRank2(tensor: tf.Tensor): tensor is tf.Tensor2D {
  return tensor.rank === 2;
}

function isScalar(tensor: tf.Tensor): tensor is tf.Scalar {
  return tensor.rank === 0;
}

function isRank1(tensor: tf.Tensor): tensor is tf.Tensor1D {
  return tensor.rank === 1;
}

function tensors(operation: string, given: object): OperationInputs {
  const checked: Record<string, tf.Tensor> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!(value instanceof tf.Tensor)) throw new Error(`${operation}: input ${name} is not a tensor`);
    checked[name] = value;
  }
  return checked;
}

function numbers(attributes: object | undefined): OperationAttributes {
  const checked: Record<string, number> = {};
  for (const [name, value] of Object.entries(attributes ?? {})) if (typeof value === 'number') checked[name] = value;
  return checked;
}
