import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates, ModelInputs } from '../models/base-model.ts';
import { valueAndGradients } from '../ops/autograd/backward.ts';
import type { TrainableModel } from './trainable-model.ts';

/** A loss (a scalar), and the gradients of those variables that it depends on, by the variables' own names. */
export interface LossGradients {
  readonly value: tf.Tensor;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
}

/** Of the last layer's states. */
type Loss = (states: HiddenStates) => tf.Scalar;

/**
 * Forward and backward pass of one micro-batch. What lies below the lowest active adapter runs before the gradient scope,
 * without a tape; the embedding does too unless it is trained. To be called within `tf.tidy`.
 */
export function lossGradients(
  model: TrainableModel,
  inputs: ModelInputs,
  variables: readonly tf.Variable[],
  loss: Loss,
): LossGradients {
  if (model.trainsBelowLayers()) return differentiate(() => loss(model.statesFrom(model.embed(inputs))), variables);
  const below = model.forwardBelow(inputs);
  return differentiate(() => loss(model.statesFrom(below)), variables);
}

/**
 * The same numbers with less memory and more time (Chen et al. 2016, gradient checkpointing): the layers above the lowest
 * active adapter run without a tape and leave their input only; each is run again, on a tape of its own and with the dropout
 * that it had, when the backward pass comes to it.
 */
export function checkpointedLossGradients(
  model: TrainableModel,
  inputs: ModelInputs,
  variables: readonly tf.Variable[],
  loss: Loss,
): LossGradients {
  const lowest = model.lowestActiveLayer();
  const kept: { states: HiddenStates; dropout: readonly number[] | null }[] = [];
  const trainsBelow = model.trainsBelowLayers();
  const dropoutBelow = model.dropoutState();
  let states = trainsBelow ? model.embed(inputs) : model.forwardBelow(inputs);
  for (let index = lowest; index < model.base.layerCount; index++) {
    kept.push({ states, dropout: model.dropoutState() });
    states = model.layer(index, states);
  }
  const top = states;
  const head = differentiate(() => loss(top), variables, kept.length > 0 || trainsBelow ? top.hidden : null);
  top.hidden.dispose();
  const gradients = new Map(head.gradients);
  let dy = head.inputGradient;
  for (let index = model.base.layerCount - 1; index >= lowest; index--) {
    const layer = kept[index - lowest];
    if (layer === undefined || dy === null) throw new Error(`nothing was kept of layer ${index}`);
    const { states: entered, dropout } = layer;
    const run = () => model.replayDropout(dropout, () => model.layer(index, entered).hidden);
    const made = differentiate(run, variables, index > lowest || trainsBelow ? entered.hidden : null, dy);
    for (const [name, gradient] of made.gradients) gradients.set(name, gradient);
    tf.dispose([made.value, dy, entered.hidden]);
    dy = made.inputGradient;
  }
  if (trainsBelow && dy !== null) {
    const run = () => model.replayDropout(dropoutBelow, () => model.embed(inputs).hidden);
    const made = differentiate(run, variables, null, dy);
    for (const [name, gradient] of made.gradients) gradients.set(name, gradient);
    tf.dispose([made.value, dy]);
  }
  return { value: head.value, gradients };
}

/** Gradients with respect to the variables and, where there is one, to an input. `dy`: gradient of what `run` gives; default 1. */
function differentiate(
  run: () => tf.Tensor,
  variables: readonly tf.Variable[],
  input: tf.Tensor | null = null,
  dy: tf.Tensor | null = null,
): LossGradients & { readonly inputGradient: tf.Tensor | null } {
  const sources = input === null ? variables : [...variables, input];
  const { value, gradients: made } = valueAndGradients(run, sources, dy);
  const gradients = new Map<string, tf.Tensor>();
  variables.forEach((variable, index) => {
    const gradient = made[index];
    if (gradient) gradients.set(variable.name, gradient);
  });
  return { value, gradients, inputGradient: (input === null ? null : made[variables.length]) ?? null };
}
