import * as tf from '@tensorflow/tfjs-core';
import { as2D, at, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';
import { type Activation, activate } from './activate.ts';
import { gatedSilu, gatedSiluGradients } from './gated-silu.ts';

/** The attribute `form` is an index into it. */
const forms: readonly Activation[] = ['gelu', 'gelu_tanh', 'relu', 'tanh', 'quick_gelu', 'sigmoid'];

function formOf(attributes: Readonly<Record<string, number>>): Activation {
  return at(forms, attribute(attributes, 'form'));
}

/** Outputs: the gradients of gate and up. The activation is computed again rather than kept. */
const gradient = defineOperation({
  name: 'CotoGatedGradient',
  compose: (inputs, attributes) => {
    const [gate, up, dy] = [as2D(input(inputs, 'gate')), input(inputs, 'up'), input(inputs, 'dy')];
    const { value, derivative } = activate(gate, formOf(attributes), true);
    if (derivative === undefined) throw new Error('an activation without a derivative');
    // Each is freed as soon as it is read: a state of this size is the largest there is.
    const ofUp = tf.mul(dy, value);
    value.dispose();
    const slope = tf.mul(up, derivative);
    derivative.dispose();
    return [tf.mul(dy, slope), ofUp];
  },
});

const operation = defineOperation({
  name: 'CotoGated',
  compose: (inputs, attributes) =>
    tf.mul(activate(as2D(input(inputs, 'gate')), formOf(attributes), false).value, input(inputs, 'up')),
  saved: { inputs: ['gate', 'up'], states: ['gate', 'up'] },
  gradients: (dy, saved, attributes) => {
    const made = gradient({ gate: input(saved, 'gate'), up: input(saved, 'up'), dy }, attributes);
    return { gate: () => at(made, 0), up: () => at(made, 1) };
  },
});

/** The inner part of a gated feed-forward part (Shazeer 2020): activation(gate) ∘ up, all [rows, features]. */
export function gated(gate: tf.Tensor2D, up: tf.Tensor2D, form: Activation): tf.Tensor2D {
  return form === 'silu' ? gatedSilu(gate, up) : only2D(operation({ gate, up }, { form: forms.indexOf(form) }));
}

/** The gradients of gate and up for dy, outside of a tape. */
export function gatedGradients(gate: tf.Tensor, up: tf.Tensor, dy: tf.Tensor, form: Activation): tf.Tensor[] {
  if (form === 'silu') return gatedSiluGradients(gate, up, dy);
  return gradient({ gate, up, dy }, { form: forms.indexOf(form) });
}

/** An activation as a number, for attributes of operations. */
export function placeOfActivation(form: Activation): number {
  return forms.indexOf(form);
}

export function activationAt(place: number): Activation {
  return forms[place] ?? 'silu';
}
