import * as tf from '@tensorflow/tfjs-core';
import './tape-gradients.ts';

export type OperationInputs = Readonly<Record<string, tf.Tensor>>;
export type OperationAttributes = Readonly<Record<string, number>>;
/** Gradient of each input, made only when something below that input wants it. */
export type OperationGradients = Record<string, () => tf.Tensor>;

/** An operation that tfjs lacks: how it is put together from tfjs's own, and what its gradients are. */
export interface OperationDefinition {
  readonly name: string;
  /** The reference: right on every backend. Runs without a tape; what it makes in between is disposed. */
  compose(inputs: OperationInputs, attributes: OperationAttributes): tf.Tensor | tf.Tensor[];
  /** Inputs and outputs that the gradients need; they are kept until the backward pass is over. Inputs come first in `saved`. */
  readonly saved?: { readonly inputs?: readonly string[]; readonly outputs?: readonly boolean[] };
  gradients?(
    dy: tf.Tensor | tf.Tensor[],
    saved: readonly tf.Tensor[],
    attributes: OperationAttributes,
  ): OperationGradients;
}

export type Operation = (inputs: OperationInputs, attributes?: OperationAttributes) => tf.Tensor[];

/**
 * Makes an operation a kernel of tfjs. A kernel's gradient is asked for input by input, so that nothing is computed for a
 * frozen weight or for what lies below the lowest adapter; `tf.customGrad` would compute all of them. A backend that has
 * registered a kernel of this name keeps its own; any other gets the composition when it first meets the operation.
 */
export function defineOperation(definition: OperationDefinition): Operation {
  const { name, saved, gradients } = definition;
  if (gradients !== undefined)
    tf.registerGradient({
      kernelName: name,
      inputsToSave: [...(saved?.inputs ?? [])],
      outputsToSave: [...(saved?.outputs ?? [])],
      gradFunc: (dy, kept, attributes) => gradients(dy, kept, numbers(attributes)),
    });
  return (inputs, attributes = {}) => {
    const backend = tf.getBackend();
    if (tf.getKernel(name, backend) === undefined || tf.getKernel(name, backend) === null)
      tf.registerKernel({
        kernelName: name,
        backendName: backend,
        kernelFunc: ({ inputs: given, attrs }) =>
          tf.tidy(() => definition.compose(tensors(name, given), numbers(attrs))),
      });
    const result: unknown = tf.engine().runKernel(name, { ...inputs }, { ...attributes });
    return outputs(name, result);
  };
}

/** The only output of an operation, with its rank checked. */
export function only2D(results: readonly tf.Tensor[]): tf.Tensor2D {
  return as2D(first(results));
}

export function first(results: readonly tf.Tensor[]): tf.Tensor {
  const [result] = results;
  if (result === undefined) throw new Error('an operation gave no output');
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

/** Takes an input by name. */
export function input(inputs: OperationInputs, name: string): tf.Tensor {
  const found = inputs[name];
  if (found === undefined) throw new Error(`operation input ${name} is missing`);
  return found;
}

/** Takes an attribute by name. */
export function attribute(attributes: OperationAttributes, name: string): number {
  const found = attributes[name];
  if (found === undefined) throw new Error(`operation attribute ${name} is missing`);
  return found;
}

/** Takes a saved tensor by its place. */
export function at(tensors: readonly tf.Tensor[], index: number): tf.Tensor {
  const found = tensors[index];
  if (found === undefined) throw new Error(`saved tensor ${index} is missing`);
  return found;
}

export function single(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(dy) ? first(dy) : dy;
}

function isRank2(tensor: tf.Tensor): tensor is tf.Tensor2D {
  return tensor.rank === 2;
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

function outputs(operation: string, result: unknown): tf.Tensor[] {
  const list: unknown[] = Array.isArray(result) ? result : [result];
  return list.map((item) => {
    if (!(item instanceof tf.Tensor)) throw new Error(`${operation} gave no tensor`);
    return item;
  });
}
