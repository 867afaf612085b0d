import { flag, input, type NativeKernel, real, size } from './kernel.ts';

const softmaxCrossEntropy: NativeKernel = {
  name: 'CotoSoftmaxCrossEntropy',
  run: (native, inputs) => {
    const [logits, labels] = [real(inputs, 'logits'), input(inputs, 'labels')];
    const loss = native.output([]);
    native.kernels.softmaxCrossEntropy(
      native.handle(logits),
      native.handle(labels),
      native.handle(loss),
      size(logits, 0),
      size(logits, 1),
    );
    return loss;
  },
};

const softmaxCrossEntropyGradient: NativeKernel = {
  name: 'CotoSoftmaxCrossEntropyGradient',
  run: (native, inputs) => {
    const [logits, labels] = [real(inputs, 'logits'), input(inputs, 'labels')];
    const dlogits = native.output(logits.shape);
    native.kernels.softmaxCrossEntropyGradient(
      native.handle(logits),
      native.handle(labels),
      native.handle(real(inputs, 'dy')),
      native.handle(dlogits),
      size(logits, 0),
      size(logits, 1),
    );
    return dlogits;
  },
};

/** Outputs: the loss, and dx for a loss gradient of 1 ([0] if it is not needed). */
const linearCrossEntropy: NativeKernel = {
  name: 'CotoLinearCrossEntropy',
  run: (native, inputs, attributes) => {
    const [x, weight] = [real(inputs, 'x'), real(inputs, 'weight')];
    const wantsGradient = flag(attributes, 'wantsGradient');
    const [loss, dx] = [native.output([]), native.output(wantsGradient ? x.shape : [0])];
    native.kernels.linearCrossEntropy({
      x: native.handle(x),
      weight: native.handle(weight),
      labels: native.handle(input(inputs, 'labels')),
      loss: native.handle(loss),
      dx: wantsGradient ? native.handle(dx) : 0,
      rows: size(x, 0),
      hidden: size(x, 1),
      vocabulary: size(weight, 0),
      packs: native.handle(weight),
      bfloat16: flag(attributes, 'bfloat16'),
    });
    return [loss, dx];
  },
};

export const lossKernels: readonly NativeKernel[] = [
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  linearCrossEntropy,
];
