import * as tf from '@tensorflow/tfjs-core';
import { as2D, at, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

interface Form {
  value(x: tf.Tensor): tf.Tensor;
  slope(x: tf.Tensor): tf.Tensor;
}

const swish = (factor: number): Form => ({
  value: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, factor))),
  slope: (x) => {
    const open = tf.sigmoid(tf.mul(x, factor));
    return tf.add(open, tf.mul(tf.mul(tf.mul(x, factor), open), tf.sub(1, open)));
  },
});

/** The attribute `form` is an index into it. */
const forms = {
  relu: { value: tf.relu, slope: (x) => tf.cast(tf.greater(x, 0), 'float32') },
  tanh: { value: tf.tanh, slope: (x) => tf.sub(1, tf.square(tf.tanh(x))) },
  silu: swish(1),
  // OpenAI's CLIP approximates gelu like this.
  quick_gelu: swish(1.702),
  sigmoid: {
    value: tf.sigmoid,
    slope: (x) => {
      const open = tf.sigmoid(x);
      return tf.mul(open, tf.sub(1, open));
    },
  },
} as const satisfies Record<string, Form>;
export type ElementwiseForm = keyof typeof forms;
const names = Object.keys(forms);
const places = Object.values<Form>(forms);

function formOf(attributes: Readonly<Record<string, number>>): Form {
  const found = places[attribute(attributes, 'form')];
  if (found === undefined) throw new Error('an activation of no known form');
  return found;
}

const operation = defineOperation({
  name: 'CotoElementwise',
  compose: (inputs, attributes) => formOf(attributes).value(input(inputs, 'x')),
  saved: { inputs: ['x'], states: ['x'] },
  gradients: (dy, saved, attributes) => ({ x: () => tf.mul(dy, formOf(attributes).slope(input(saved, 'x'))) }),
});

/** Outputs: the value, and the derivative, which the consumer of the value must apply to the gradient that it passes on. */
const withDerivative = defineOperation({
  name: 'CotoElementwiseDerivative',
  compose: (inputs, attributes) => {
    const [form, x] = [formOf(attributes), input(inputs, 'x')];
    return [form.value(x), form.slope(x)];
  },
  gradients: (dy) => ({ x: () => dy }),
});

/** An activation of every value by itself: relu, tanh, silu x·σ(x), quick_gelu x·σ(1.702·x), or sigmoid. x [rows, features]. */
export function elementwise(x: tf.Tensor2D, form: ElementwiseForm): tf.Tensor2D {
  return only2D(operation({ x }, { form: names.indexOf(form) }));
}

/** `elementwise` and its derivative. The gradient of the value goes to x as it is: its reader multiplies by the derivative. */
export function elementwiseWithDerivative(
  x: tf.Tensor2D,
  form: ElementwiseForm,
): { value: tf.Tensor2D; derivative: tf.Tensor2D } {
  const results = withDerivative({ x }, { form: names.indexOf(form) });
  return { value: as2D(at(results, 0)), derivative: as2D(at(results, 1)) };
}
