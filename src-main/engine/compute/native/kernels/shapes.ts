import * as tf from '@tensorflow/tfjs-core';
import { count, input, type NativeKernel, number, numbers } from './kernel.ts';

export const identity: NativeKernel = {
  name: 'Identity',
  run: (native, inputs) => {
    const x = input(inputs, 'x');
    return native.alias(x, x.shape);
  },
};

export const reshape: NativeKernel = {
  name: 'Reshape',
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'x');
    return native.alias(x, tf.util.inferFromImplicitShape(numbers(attributes, 'shape'), count(x)));
  },
};

export const expandDims: NativeKernel = {
  name: 'ExpandDims',
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'input');
    const given = number(attributes, 'dim');
    const at = given < 0 ? given + x.shape.length + 1 : given;
    if (at < 0 || at > x.shape.length) throw new Error(`a tensor of rank ${x.shape.length} has no place ${given}`);
    return native.alias(x, x.shape.toSpliced(at, 0, 1));
  },
};
