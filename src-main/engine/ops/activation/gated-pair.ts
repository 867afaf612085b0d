import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, input, type OperationAttributes, only2D } from '../autograd/operation.ts';
import type { Activation } from './activate.ts';
import { clampedSwiglu, clampedSwigluGradients } from './clamped-swiglu.ts';
import { activationAt, gated, gatedGradients, placeOfActivation } from './gated.ts';

/** Activation of a gate: activation(gate) ∘ up, or gpt-oss's clamped form. */
export type Gate = { readonly activation: Activation } | { readonly alpha: number; readonly limit: number };

const operation = defineOperation({
  name: 'CotoGatedPair',
  compose: (inputs, attributes) => {
    const [gate, up] = cut(as2D(input(inputs, 'both')), attributes);
    const form = gateOf(attributes);
    return 'activation' in form ? gated(gate, up, form.activation) : clampedSwiglu(gate, up, form);
  },
  saved: { inputs: ['both'], states: ['both'] },
  gradients: (dy, saved, attributes) => ({
    both: () => only2D(gradient({ both: input(saved, 'both'), dy }, attributes)),
  }),
});

const gradient = defineOperation({
  name: 'CotoGatedPairGradient',
  compose: (inputs, attributes) => {
    const both = as2D(input(inputs, 'both'));
    const [gate, up] = cut(both, attributes);
    const [form, dy] = [gateOf(attributes), as2D(input(inputs, 'dy'))];
    const made =
      'activation' in form ? gatedGradients(gate, up, dy, form.activation) : clampedSwigluGradients(gate, up, dy, form);
    tf.dispose([gate, up]);
    return isInterleaved(attributes) ? tf.reshape(tf.stack(made, -1), both.shape) : tf.concat(made, 1);
  },
});

/**
 * The inner part of a gated feed-forward part whose gate and `up` are the outputs of one linear: both [rows, 2 · features] →
 * [rows, features]. They are the halves of its columns, or alternate. The gradient goes to `both`.
 */
export function gatedPair(both: tf.Tensor2D, gate: Gate, alternates: boolean): tf.Tensor2D {
  const form = 'activation' in gate ? { form: placeOfActivation(gate.activation) } : { ...gate };
  return only2D(operation({ both }, { ...form, alternates: Number(alternates) }));
}

function gateOf(attributes: OperationAttributes): Gate {
  if (attributes['form'] !== undefined) return { activation: activationAt(attribute(attributes, 'form')) };
  return { alpha: attribute(attributes, 'alpha'), limit: attribute(attributes, 'limit') };
}

function isInterleaved(attributes: OperationAttributes): boolean {
  return attribute(attributes, 'alternates') !== 0;
}

/** Gate and `up`. */
function cut(both: tf.Tensor2D, attributes: OperationAttributes): [tf.Tensor2D, tf.Tensor2D] {
  const [rows, columns] = both.shape;
  const width = columns / 2;
  if (!isInterleaved(attributes))
    return [tf.slice2d(both, [0, 0], [rows, width]), tf.slice2d(both, [0, width], [rows, width])];
  const pairs = tf.reshape<tf.Rank.R2>(both, [-1, 2]);
  const column = (index: number) =>
    tf.reshape<tf.Rank.R2>(tf.slice2d(pairs, [0, index], [rows * width, 1]), [rows, width]);
  return [column(0), column(1)];
}
