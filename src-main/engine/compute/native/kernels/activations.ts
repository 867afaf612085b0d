import { count, flag, type NativeKernel, real } from './kernel.ts';

const gelu: NativeKernel = {
  name: 'CotoGelu',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const y = native.output(x.shape);
    native.kernels.gelu(native.handle(x), native.handle(y), count(x), flag(attributes, 'tanh'));
    return y;
  },
};

/** Outputs: the value and the derivative. */
const geluDerivative: NativeKernel = {
  name: 'CotoGeluDerivative',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const [y, derivative] = [native.output(x.shape), native.output(x.shape)];
    native.kernels.geluAndDerivative(
      native.handle(x),
      native.handle(y),
      native.handle(derivative),
      count(x),
      flag(attributes, 'tanh'),
    );
    return [y, derivative];
  },
};

const geluGradient: NativeKernel = {
  name: 'CotoGeluGradient',
  run: (native, inputs, attributes) => {
    const [x, dy] = [real(inputs, 'x'), real(inputs, 'dy')];
    const dx = native.output(x.shape);
    native.kernels.geluGradient(
      native.handle(x),
      native.handle(dy),
      native.handle(dx),
      count(x),
      flag(attributes, 'tanh'),
    );
    return dx;
  },
};

const gatedSilu: NativeKernel = {
  name: 'CotoGatedSilu',
  run: (native, inputs) => {
    const [gate, up] = [real(inputs, 'gate'), real(inputs, 'up')];
    const y = native.output(gate.shape);
    native.kernels.gatedSilu(native.handle(gate), native.handle(up), native.handle(y), count(gate));
    return y;
  },
};

const gatedSiluGradient: NativeKernel = {
  name: 'CotoGatedSiluGradient',
  run: (native, inputs) => {
    const [gate, up, dy] = [real(inputs, 'gate'), real(inputs, 'up'), real(inputs, 'dy')];
    const [dgate, dup] = [native.output(gate.shape), native.output(up.shape)];
    native.kernels.gatedSiluGradient(
      native.handle(gate),
      native.handle(up),
      native.handle(dy),
      native.handle(dgate),
      native.handle(dup),
      count(gate),
    );
    return [dgate, dup];
  },
};

export const activationKernels: readonly NativeKernel[] = [
  gelu,
  geluDerivative,
  geluGradient,
  gatedSilu,
  gatedSiluGradient,
];
