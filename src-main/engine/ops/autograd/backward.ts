import * as tf from '@tensorflow/tfjs-core';
import { sharing } from './shallow-clone.ts';

type TapeNode = ReturnType<typeof tf.engine>['state']['activeTape'][number];
type Gradients = Map<number, tf.Tensor>;

/** The gradient that the input whose gradient is being made has from elsewhere. */
let soFar: tf.Tensor | undefined;

/**
 * For the function that makes an input's gradient: takes the sum of what the input has from the operations behind, which that
 * function must then add to its own. Whoever adds while it computes saves a pass; for one that does not ask it is done.
 */
export function takeGradientSoFar(): tf.Tensor | undefined {
  const taken = soFar;
  soFar = undefined;
  return taken;
}

export interface ValueAndGradients {
  readonly value: tf.Tensor;
  /** In the order of the sources; undefined where the value does not depend on one. */
  readonly gradients: readonly (tf.Tensor | undefined)[];
}

/**
 * Runs a computation and then its gradients with respect to `sources`: tfjs's `valueAndGrads` with a walk over the tape that
 * costs less. The gradient of a state is given back as soon as the operation that made the state is done, and so is what that
 * operation had saved; tfjs keeps all of them until the whole backward pass is over. `dy` is the gradient of the value (default 1),
 * and stays the caller's. There are no gradients of gradients. To be called within `tf.tidy`.
 */
export function valueAndGradients(
  run: () => tf.Tensor,
  sources: readonly tf.Tensor[],
  dy: tf.Tensor | null = null,
): ValueAndGradients {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) throw new Error('there are no gradients of gradients');
  const tape: TapeNode[] = [];
  try {
    const value = onTape(tape, run);
    return { value, gradients: tf.tidy(() => walkBack(tape, value, sources, dy)) };
  } finally {
    for (const node of tape) disposeSaved(node);
  }
}

function onTape(tape: TapeNode[], run: () => tf.Tensor): tf.Tensor {
  const { state } = tf.engine();
  state.activeTape = tape;
  state.gradientDepth++;
  try {
    return tf.tidy(run);
  } finally {
    state.gradientDepth--;
    state.activeTape = [];
  }
}

function walkBack(
  tape: readonly TapeNode[],
  value: tf.Tensor,
  sources: readonly tf.Tensor[],
  dy: tf.Tensor | null,
): (tf.Tensor | undefined)[] {
  const asked = new Set(sources.map(({ id }) => id));
  const dependent = new Set(asked);
  const nodes = tape.filter((node) => isDependent(node, dependent));
  const gradients: Gradients = new Map([[value.id, dy ?? tf.onesLike(value)]]);
  for (const node of nodes.reverse()) {
    const dys = node.outputs.map(({ id }) => gradients.get(id) ?? null);
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

/** Whether a node reads something dependent; then so are its outputs. */
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
    const makers = node.gradient(given);
    const results: tf.Tensor[] = [];
    for (const name in node.inputs) {
      const read = node.inputs[name];
      if (read === undefined || !dependent.has(read.id)) continue;
      const before = gradients.get(read.id);
      soFar = before;
      const made = makers[name]?.();
      if (made === undefined) throw new Error(`${node.kernelName} has no gradient of ${name}`);
      if (!hasShape(made, read.shape))
        throw new Error(`the gradient of ${name} of ${node.kernelName} is [${made.shape}], not [${read.shape}]`);
      const rest = takeGradientSoFar();
      const sum = rest === undefined ? made : tf.add(rest, made);
      before?.dispose();
      const result = given.includes(sum) ? sharing(sum) : sum;
      gradients.set(read.id, result);
      results.push(result);
    }
    return results;
  });
}

function zerosLike(output: tf.Tensor | undefined): tf.Tensor {
  if (output === undefined) throw new Error('an operation on the tape lacks an output');
  return tf.zerosLike(output);
}

function hasShape({ shape }: tf.Tensor, expected: readonly number[]): boolean {
  return shape.length === expected.length && shape.every((size, axis) => size === expected[axis]);
}

function disposeSaved({ saved }: TapeNode): void {
  if (saved !== undefined) for (const tensor of saved) tensor.dispose();
}
