import { count, type NativeKernel, number, real } from './kernel.ts';

const gelu: NativeKernel = {
  name: 'CotoGelu',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const y = native.output(x.shape);
    native.addon.gelu(native.handle(x), native.handle(y), count(x), number(attributes, 'tanh'));
    return y;
  },
};

/** Outputs: the value and the derivative. */
const geluDerivative: NativeKernel = {
  name: 'CotoGeluDerivative',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const [y, derivative] = [native.output(x.shape), native.output(x.shape)];
    const places = [x, y, derivative].map((tensor) => native.handle(tensor));
    native.addon.geluAndDerivative(...places, count(x), number(attributes, 'tanh'));
    return [y, derivative];
  },
};

const geluGradient: NativeKernel = {
  name: 'CotoGeluGradient',
  run: (native, inputs, attributes) => {
    const [x, dy] = [real(inputs, 'x'), real(inputs, 'dy')];
    const dx = native.output(x.shape);
    const places = [x, dy, dx].map((tensor) => native.handle(tensor));
    native.addon.geluGradient(...places, count(x), number(attributes, 'tanh'));
    return dx;
  },
};

const gatedSilu: NativeKernel = {
  name: 'CotoGatedSilu',
  run: (native, inputs) => {
    const [gate, up] = [real(inputs, 'gate'), real(inputs, 'up')];
    const y = native.output(gate.shape);
    native.addon.gatedSilu(...[gate, up, y].map((tensor) => native.handle(tensor)), count(gate));
    return y;
  },
};

const gatedSiluGradient: NativeKernel = {
  name: 'CotoGatedSiluGradient',
  run: (native, inputs) => {
    const given = [real(inputs, 'gate'), real(inputs, 'up'), real(inputs, 'dy')];
    const made = [native.output(real(inputs, 'gate').shape), native.output(real(inputs, 'up').shape)];
    native.addon.gatedSiluGradient(
      ...[...given, ...made].map((tensor) => native.handle(tensor)),
      count(real(inputs, 'gate')),
    );
    return made;
  },
};

export const activationKernels: readonly NativeKernel[] = [
  gelu,
  geluDerivative,
  geluGradient,
  gatedSilu,
  gatedSiluGradient,
];
