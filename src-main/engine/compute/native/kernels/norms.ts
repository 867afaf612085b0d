import { type NativeKernel, number, optional, real, size } from './kernel.ts';

const layerNorm: NativeKernel = {
  name: 'CotoLayerNorm',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const y = native.output(x.shape);
    const places = [x, real(inputs, 'scale'), real(inputs, 'shift'), y].map((tensor) => native.handle(tensor));
    native.addon.layerNorm(...places, size(x, 0), size(x, 1), number(attributes, 'epsilon'));
    return y;
  },
};

const rmsNorm: NativeKernel = {
  name: 'CotoRmsNorm',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const y = native.output(x.shape);
    const places = [x, real(inputs, 'scale'), y].map((tensor) => native.handle(tensor));
    native.addon.rmsNorm(...places, size(x, 0), size(x, 1), number(attributes, 'epsilon'));
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
    const places = [x, real(inputs, 'scale'), real(inputs, 'dy')].map((tensor) => native.handle(tensor));
    const plus = optional(native, inputs, 'plus');
    native.addon[kernel](...places, plus, native.handle(dx), size(x, 0), size(x, 1), number(attributes, 'epsilon'));
    return dx;
  },
}));

/** x, and the table's row for each row of it, by turns from the first. */
const rotary: NativeKernel = {
  name: 'CotoRotary',
  run: (native, inputs, attributes) => {
    const [x, cos] = [real(inputs, 'x'), real(inputs, 'cos')];
    const y = native.output(x.shape);
    const places = [x, cos, real(inputs, 'sin'), y].map((tensor) => native.handle(tensor));
    const heads = number(attributes, 'heads');
    native.addon.rotary(...places, size(x, 0), size(cos, 0), heads, size(x, 1) / heads, number(attributes, 'inverse'));
    return y;
  },
};

export const normKernels: readonly NativeKernel[] = [layerNorm, rmsNorm, ...gradients, rotary];
