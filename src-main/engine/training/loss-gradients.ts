import * as tf from '@tensorflow/tfjs-core';
import type { DifferentiableModel } from '../adapters/model/trainable-model.ts';
import type { TapeNode } from '../compute/tfjs-internals.ts';
import type { HiddenStates, ModelInputs } from '../models/base-model.ts';
import { valueAndGradients } from '../ops/autograd/backward.ts';
import { HalfState } from '../ops/autograd/half-state.ts';
import { as2D } from '../ops/autograd/operation.ts';
import type { StateKeeping } from './state-keeping.ts';

/** A loss (of several runs one a run), and the gradients of its sum for the variables that it depends on, by name. */
export interface LossGradients {
  readonly value: tf.Tensor;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /** Same as in `PassResult`. */
  readonly giveBack?: () => void;
}

/** Loss of the last layer's states. */
type Loss = (states: HiddenStates) => tf.Scalar | tf.Tensor1D;

/** Forward and backward pass of one micro-batch. To be called within `tf.tidy`. */
export function passGradients<Dropout>(
  { gradientCheckpointing = false, halved = false }: StateKeeping,
  model: DifferentiableModel<Dropout>,
  inputs: ModelInputs,
  variables: readonly tf.Variable[],
  loss: Loss,
): LossGradients {
  const compute = gradientCheckpointing ? checkpointedLossGradients : lossGradients;
  return compute(model, inputs, variables, loss, halved);
}

/**
 * Forward and backward pass of one micro-batch. Layers below the lowest active adapter, and the embedding unless it is
 * trained, run before the gradient scope without a tape. To be called within `tf.tidy`.
 */
export function lossGradients(
  model: DifferentiableModel<unknown>,
  inputs: ModelInputs,
  variables: readonly tf.Variable[],
  loss: Loss,
  halved = false,
): LossGradients {
  if (model.trainsBelowLayers())
    return differentiate(() => loss(model.statesFrom(model.embed(inputs))), variables, { halved });
  const below = model.forwardBelow(inputs);
  return differentiate(() => loss(model.statesFrom(below)), variables, { halved });
}

/**
 * The same result with less memory and more time (Chen et al. 2016, gradient checkpointing): the layers above the lowest
 * active adapter run without a tape and only keep their input; in the backward pass each is run again, with its own tape
 * and the same dropout.
 */
export function checkpointedLossGradients<Dropout>(
  model: DifferentiableModel<Dropout>,
  inputs: ModelInputs,
  variables: readonly tf.Variable[],
  loss: Loss,
  halved = false,
): LossGradients {
  const lowest = model.lowestActiveLayer();
  const kept: KeptLayer[] = [];
  const trainsBelow = model.trainsBelowLayers();
  const dropoutBelow = model.dropoutState();
  let states = trainsBelow ? model.embed(inputs) : model.forwardBelow(inputs);
  for (let index = lowest; index < model.base.layerCount; index++) {
    const entered = states;
    const dropout = model.dropoutState();
    states = model.layer(index, entered);
    kept.push({
      enter: halved ? halvedStates(entered) : () => entered,
      run: (given) => model.replayDropout(dropout, () => model.layer(index, given).hidden),
    });
  }
  const top = states;
  const head = differentiate(() => loss(top), variables, {
    input: kept.length > 0 || trainsBelow ? top.hidden : null,
    halved,
  });
  top.hidden.dispose();
  const { gradients, inputGradient: dy } = backThroughLayers(kept, head, variables, { trainsBelow, halved });
  if (trainsBelow && dy !== null) {
    const run = () => model.replayDropout(dropoutBelow, () => model.embed(inputs).hidden);
    const made = differentiate(run, variables, { dy, halved });
    addGradients(gradients, made.gradients);
    tf.dispose([made.value, dy]);
  }
  return { value: head.value, gradients };
}

/** A layer that is run again on the way back. */
export interface KeptLayer {
  /** Gives the states that it was given, once; they are disposed of then. */
  readonly enter: () => HiddenStates;
  readonly run: (entered: HiddenStates) => tf.Tensor;
}

/**
 * The gradients of what is above the layers, and theirs, each of which runs again.
 * @param kept the lowest first
 * @param trainsBelow whether the gradient of what the lowest was given is asked for
 */
export function backThroughLayers(
  kept: readonly KeptLayer[],
  above: Pick<InputGradients, 'gradients' | 'inputGradient'>,
  variables: readonly tf.Variable[],
  { trainsBelow, halved }: { readonly trainsBelow: boolean; readonly halved: boolean },
): { readonly gradients: Map<string, tf.Tensor>; readonly inputGradient: tf.Tensor | null } {
  const gradients = new Map(above.gradients);
  let dy = above.inputGradient;
  for (const [order, { enter, run }] of [...kept.entries()].reverse()) {
    if (dy === null) throw new Error('no gradient reaches a layer that was kept');
    const entered = enter();
    const input = order > 0 || trainsBelow ? entered.hidden : null;
    const made = differentiate(() => run(entered), variables, { input, dy, halved });
    addGradients(gradients, made.gradients);
    tf.dispose([made.value, dy, entered.hidden]);
    dy = made.inputGradient;
  }
  return { gradients, inputGradient: dy };
}

/** Adds the gradients of one part of a pass to `sums`: a layer that runs several times has one from each. */
function addGradients(sums: Map<string, tf.Tensor>, parts: ReadonlyMap<string, tf.Tensor>): void {
  for (const [name, gradient] of parts) {
    const before = sums.get(name);
    sums.set(name, before === undefined ? gradient : tf.add(before, gradient));
    if (before !== undefined) tf.dispose([before, gradient]);
  }
}

/** A scalar that `run` computes, and its gradients. To be called within `tf.tidy`. */
export function gradientsOf(run: () => tf.Scalar, variables: readonly tf.Variable[]): LossGradients {
  return differentiate(run, variables);
}

/** Puts the states of a layer away in bfloat16; gives them back rounded, once. */
export function halvedStates(states: HiddenStates): () => HiddenStates {
  const half = HalfState.of(states.hidden);
  states.hidden.dispose();
  return () => {
    const hidden = as2D(half.restored());
    half.pairs.dispose();
    return { ...states, hidden };
  };
}

interface InputGradients extends LossGradients {
  /** Null where it was not asked for, or nothing depends on the input. */
  readonly inputGradient: tf.Tensor | null;
}

/** Gradients with respect to the variables and an optional input. `dy`: gradient of what `run` gives; default 1. */
export function differentiate(
  run: () => tf.Tensor,
  variables: readonly tf.Variable[],
  {
    input = null,
    dy = null,
    halved = false,
    visit,
  }: {
    input?: tf.Tensor | null;
    dy?: tf.Tensor | null;
    halved?: boolean;
    visit?: (node: TapeNode) => void;
  } = {},
): InputGradients {
  const sources = input === null ? variables : [...variables, input];
  const { value, gradients: made } = valueAndGradients(run, sources, dy, halved, visit);
  const gradients = new Map<string, tf.Tensor>();
  variables.forEach((variable, index) => {
    const gradient = made[index];
    if (gradient) gradients.set(variable.name, gradient);
  });
  return { value, gradients, inputGradient: (input === null ? null : made[variables.length]) ?? null };
}
