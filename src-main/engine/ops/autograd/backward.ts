import * as tf from '@tensorflow/tfjs-core';
import { recorded, shallowClone, type TapeNode } from '../../compute/tfjs-internals.ts';
import { AccumulatedGradient } from './accumulated-gradient.ts';
import { withHalfStates } from './half-state.ts';

type Gradients = Map<number, tf.Tensor>;

/** Gradient functions of the project's operations; tfjs's own take no parameter. */
type GradientMakers = Readonly<Record<string, (accumulated?: AccumulatedGradient) => tf.Tensor>>;

export interface ValueAndGradients {
  readonly value: tf.Tensor;
  /** In the order of the sources; undefined where the value does not depend on one. */
  readonly gradients: readonly (tf.Tensor | undefined)[];
}

/**
 * Runs a computation and then its gradients with respect to `sources`: tfjs's `valueAndGrads` with a cheaper walk over the
 * tape. The gradient of a state, and the tensors saved for the operation that computed it, are freed as soon as that
 * operation is done; tfjs keeps all of them until the end of the backward pass. `dy` is the gradient of the value (default
 * 1), and stays the caller's; `halved`: states wait for the backward pass in bfloat16;
 * `visit` is told of every operation before its gradients. Higher-order gradients are not supported. To be called within `tf.tidy`.
 */
export function valueAndGradients(
  run: () => tf.Tensor,
  sources: readonly tf.Tensor[],
  dy: tf.Tensor | null = null,
  halved = false,
  visit?: (node: TapeNode) => void,
): ValueAndGradients {
  const tape: TapeNode[] = [];
  try {
    const value = halved ? withHalfStates(() => recorded(tape, run)) : recorded(tape, run);
    return { value, gradients: tf.tidy(() => walkBack(tape, value, sources, dy, visit)) };
  } finally {
    for (const node of tape) disposeSaved(node);
  }
}

function walkBack(
  tape: readonly TapeNode[],
  value: tf.Tensor,
  sources: readonly tf.Tensor[],
  dy: tf.Tensor | null,
  visit?: (node: TapeNode) => void,
): (tf.Tensor | undefined)[] {
  const asked = new Set(sources.map(({ id }) => id));
  const dependent = new Set(asked);
  const nodes = tape.filter((node) => isDependent(node, dependent));
  const gradients: Gradients = new Map([[value.id, dy ?? tf.onesLike(value)]]);
  for (const node of nodes.reverse()) {
    const dys = node.outputs.map(({ id }) => gradients.get(id) ?? null);
    visit?.(node);
    if (dys.some((gradient) => gradient !== null)) passThrough(node, dys, dependent, gradients);
    for (const { id } of node.outputs) {
      if (asked.has(id)) continue;
      const gradient = gradients.get(id);
      gradients.delete(id);
      if (gradient !== dy) gradient?.dispose();
    }
    disposeSaved(node);
  }
  return sources.map(({ id }) => gradients.get(id));
}

/** Returns true if a node has a dependent input; its outputs are then dependent too. */
function isDependent({ inputs, outputs }: TapeNode, dependent: Set<number>): boolean {
  for (const name in inputs) {
    const read = inputs[name];
    if (read === undefined || !dependent.has(read.id)) continue;
    for (const { id } of outputs) dependent.add(id);
    return true;
  }
  return false;
}

/** Adds to the gradients of those inputs of a node that are dependent. */
function passThrough(
  node: TapeNode,
  dys: readonly (tf.Tensor | null)[],
  dependent: ReadonlySet<number>,
  gradients: Gradients,
): void {
  tf.tidy(() => {
    if (node.gradient === undefined) throw new Error(`${node.kernelName} has no gradient`);
    const given = dys.map((gradient, place) => gradient ?? zerosLike(node.outputs[place]));
    const makers: GradientMakers = node.gradient(given);
    const results: tf.Tensor[] = [];
    for (const name in node.inputs) {
      const read = node.inputs[name];
      if (read === undefined || !dependent.has(read.id)) continue;
      const before = gradients.get(read.id);
      const accumulated = new AccumulatedGradient(before);
      const made = makers[name]?.(accumulated);
      if (made === undefined) throw new Error(`${node.kernelName} has no gradient of ${name}`);
      if (!hasShape(made, read.shape))
        throw new Error(`the gradient of ${name} of ${node.kernelName} is [${made.shape}], not [${read.shape}]`);
      const rest = accumulated.take();
      const sum = rest === undefined ? made : tf.add(rest, made);
      before?.dispose();
      const result = given.includes(sum) ? shallowClone(sum) : sum;
      gradients.set(read.id, result);
      results.push(result);
    }
    return results;
  });
}

function zerosLike(output: tf.Tensor | undefined): tf.Tensor {
  if (output === undefined) throw new Error('an operation on the tape lacks an output');
  // Depends on the shape alone: an unread output is disposed of by now.
  return tf.zeros(output.shape, output.dtype);
}

function hasShape({ shape }: tf.Tensor, expected: readonly number[]): boolean {
  return shape.length === expected.length && shape.every((size, axis) => size === expected[axis]);
}

function disposeSaved({ saved }: TapeNode): void {
  if (saved !== undefined) for (const tensor of saved) tensor.dispose();
}
