import { input, type NativeKernel, number, real, size } from './kernel.ts';

const softmaxCrossEntropy: NativeKernel = {
  name: 'CotoSoftmaxCrossEntropy',
  run: (native, inputs) => {
    const [logits, labels] = [real(inputs, 'logits'), input(inputs, 'labels')];
    const loss = native.output([]);
    const places = [logits, labels, loss].map((tensor) => native.handle(tensor));
    native.addon.softmaxCrossEntropy(...places, size(logits, 0), size(logits, 1));
    return loss;
  },
};

const softmaxCrossEntropyGradient: NativeKernel = {
  name: 'CotoSoftmaxCrossEntropyGradient',
  run: (native, inputs) => {
    const [logits, labels] = [real(inputs, 'logits'), input(inputs, 'labels')];
    const made = native.output(logits.shape);
    const places = [logits, labels, real(inputs, 'dy'), made].map((tensor) => native.handle(tensor));
    native.addon.softmaxCrossEntropyGradient(...places, size(logits, 0), size(logits, 1));
    return made;
  },
};

/** Outputs: the loss, and dx for a gradient of 1 of the loss ([0] where it is not wanted). */
const linearCrossEntropy: NativeKernel = {
  name: 'CotoLinearCrossEntropy',
  run: (native, inputs, attributes) => {
    const [x, weight] = [real(inputs, 'x'), real(inputs, 'weight')];
    const wantsGradient = number(attributes, 'wantsGradient') !== 0;
    const [loss, dx] = [native.output([]), native.output(wantsGradient ? x.shape : [0])];
    native.addon.linearCrossEntropy(
      ...[x, weight, input(inputs, 'labels'), loss].map((tensor) => native.handle(tensor)),
      wantsGradient ? native.handle(dx) : 0,
      size(x, 0),
      size(x, 1),
      size(weight, 0),
      number(attributes, 'bfloat16'),
    );
    return [loss, dx];
  },
};

export const lossKernels: readonly NativeKernel[] = [
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  linearCrossEntropy,
];
