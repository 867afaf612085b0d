import { flag, type NativeKernel, number, optional, real, size } from './kernel.ts';

const layerNorm: NativeKernel = {
  name: 'CotoLayerNorm',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const y = native.output(x.shape);
    native.kernels.layerNorm(
      native.handle(x),
      native.handle(real(inputs, 'scale')),
      native.handle(real(inputs, 'shift')),
      native.handle(y),
      size(x, 0),
      size(x, 1),
      number(attributes, 'epsilon'),
    );
    return y;
  },
};

const rmsNorm: NativeKernel = {
  name: 'CotoRmsNorm',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const y = native.output(x.shape);
    native.kernels.rmsNorm(
      native.handle(x),
      native.handle(real(inputs, 'scale')),
      native.handle(y),
      size(x, 0),
      size(x, 1),
      number(attributes, 'epsilon'),
    );
    return y;
  },
};

const gradients = (
  [
    ['CotoLayerNormGradient', 'layerNormGradient'],
    ['CotoRmsNormGradient', 'rmsNormGradient'],
  ] as const
).map<NativeKernel>(([name, kernel]) => ({
  name,
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const dx = native.output(x.shape);
    native.kernels[kernel](
      native.handle(x),
      native.handle(real(inputs, 'scale')),
      native.handle(real(inputs, 'dy')),
      optional(native, inputs, 'addend'),
      native.handle(dx),
      size(x, 0),
      size(x, 1),
      number(attributes, 'epsilon'),
    );
    return dx;
  },
}));

/** x, and the row of the table for each of its rows, cyclically. */
const rotary: NativeKernel = {
  name: 'CotoRotary',
  run: (native, inputs, attributes) => {
    const [x, cos] = [real(inputs, 'x'), real(inputs, 'cos')];
    const y = native.output(x.shape);
    const heads = number(attributes, 'heads');
    native.kernels.rotary(
      native.handle(x),
      native.handle(cos),
      native.handle(real(inputs, 'sin')),
      native.handle(y),
      size(x, 0),
      size(cos, 0),
      heads,
      size(x, 1) / heads,
      flag(attributes, 'inverse'),
    );
    return y;
  },
};

export const normKernels: readonly NativeKernel[] = [layerNorm, rmsNorm, ...gradients, rotary];
