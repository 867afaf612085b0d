import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import { multiply, subtract } from './binary.ts';
import { type KernelAttributes, type KernelInputs, type NativeKernel, number, optional, real, size } from './kernel.ts';
import { times } from './products.ts';

/** Outputs as ops/dora-linear.ts lists them: y, z, h, the inverse norms and the gain. */
const linears = ['CotoDoraLinear', 'CotoDoraLinearDropout'].map<NativeKernel>((name) => ({
  name,
  run: (native, inputs, attributes) => {
    const [x, weight] = [real(inputs, 'x'), real(inputs, 'weight')];
    const [m, k, n] = [size(x, 0), size(x, 1), size(weight, 0)];
    if (k !== size(weight, 1)) throw new Error(`a linear of ${size(weight, 1)} inputs given ${k}`);
    const { inverse, gain } = normsOf(native, inputs, attributes);
    const adapted = inputs['mask'] === undefined ? native.alias(x, x.shape) : multiply(native, x, real(inputs, 'mask'));
    const z = times(native, adapted, real(inputs, 'a'));
    const [y, h] = [native.output([m, n]), native.output([m, n])];
    const sizes = [m, n, k, 0, 1, 1] as const;
    const how = [1, number(attributes, 'bfloat16')] as const;
    const places = { y: native.handle(y), weight: native.handle(weight) };
    let added = [optional(native, inputs, 'bias'), optional(native, inputs, 'residual')];
    if (inputs['mask'] !== undefined) {
      // What dropout took goes through the base alone, and the rest is added to that in its place.
      const rest = subtract(native, x, adapted);
      native.addon.product(native.handle(rest), places.weight, places.y, ...sizes, ...added, 0, 0, 0, 0, 0, 1, ...how);
      native.release(rest);
      added = [0, places.y];
    }
    native.addon.gainedProduct(
      ...[native.handle(adapted), places.weight, native.handle(h), ...sizes, ...added, 0],
      ...[size(z, 1), native.handle(z), native.handle(real(inputs, 'b')), 1, number(attributes, 'scaling'), ...how],
      ...[native.handle(gain), places.y],
    );
    native.release(adapted);
    return [y, z, h, inverse, gain];
  },
}));

/** 1 / ‖W + s·B·A‖ and m / ‖W + s·B·A‖ by output. */
function normsOf(native: NativeBackend, inputs: KernelInputs, attributes: KernelAttributes) {
  const [weight, a] = [real(inputs, 'weight'), real(inputs, 'a')];
  const [outputs, columns] = [size(weight, 0), size(weight, 1)];
  const [inverse, gain] = [native.output([outputs]), native.output([outputs])];
  const given = [weight, a, real(inputs, 'b'), real(inputs, 'magnitude')];
  const places = [...given, inverse, gain].map((tensor: tf.TensorInfo) => native.handle(tensor));
  native.addon.doraGain(...places, outputs, columns, size(a, 0), number(attributes, 'scaling'));
  return { inverse, gain };
}

/** Outputs: dh, and the gradient of the magnitudes. */
const gradient: NativeKernel = {
  name: 'CotoGainGradient',
  run: (native, inputs) => {
    const dy = real(inputs, 'dy');
    const [rows, width] = [size(dy, 0), size(dy, 1)];
    const [dh, sums] = [native.output([rows, width]), native.output([width])];
    const given = [dy, real(inputs, 'h'), real(inputs, 'gain'), real(inputs, 'inverse')];
    native.addon.gainGradient(...[...given, dh, sums].map((tensor) => native.handle(tensor)), rows, width);
    return [dh, sums];
  },
};

export const doraKernels: readonly NativeKernel[] = [...linears, gradient];
