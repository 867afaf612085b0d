import { count, type NativeKernel, number, real } from './kernel.ts';

/** All parameters of a step in one call, in place: nothing else may share the storage of p, m and v. */
const adamw: NativeKernel = {
  name: 'CotoAdamW',
  run: (native, inputs, attributes) => {
    const parameters = Array.from({ length: number(attributes, 'count') }, (_, at) => {
      const p = real(inputs, 4 * at);
      return [
        native.handle(p),
        native.handle(real(inputs, 4 * at + 1)),
        native.handle(real(inputs, 4 * at + 2)),
        native.handle(real(inputs, 4 * at + 3)),
        count(p),
        number(attributes, 2 * at),
        number(attributes, 2 * at + 1),
      ];
    });
    const options = {
      learningRate: number(attributes, 'learningRate'),
      beta1: number(attributes, 'beta1'),
      beta2: number(attributes, 'beta2'),
      epsilon: number(attributes, 'epsilon'),
      weightDecay: number(attributes, 'weightDecay'),
      gradientScale: number(attributes, 'gradientScale'),
    };
    native.kernels.adamw(options, Float64Array.from(parameters.flat()));
    return [];
  },
};

/** For the norms of all gradients in one call. */
const sumsOfSquares: NativeKernel = {
  name: 'CotoSumsOfSquares',
  run: (native, inputs, attributes) => {
    const length = number(attributes, 'count');
    const list = new Float64Array(2 * length);
    for (let at = 0; at < length; at++) {
      const x = real(inputs, at);
      list[2 * at] = native.handle(x);
      list[2 * at + 1] = count(x);
    }
    const y = native.output([length]);
    native.kernels.sumsOfSquares(native.handle(y), list);
    return y;
  },
};

const clsTokens: NativeKernel = {
  name: 'CotoClsTokens',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const [rows = 0, width = 0] = x.shape;
    const tokens = number(attributes, 'tokens');
    const y = native.output([rows / tokens, width]);
    native.kernels.clsTokens(native.handle(x), native.handle(y), rows, width, tokens);
    return y;
  },
};

const clsTokensGradient: NativeKernel = {
  name: 'CotoClsTokensGradient',
  run: (native, inputs, attributes) => {
    const dy = real(inputs, 'dy');
    const [batch = 0, width = 0] = dy.shape;
    const tokens = number(attributes, 'tokens');
    const dx = native.output([batch * tokens, width]);
    native.kernels.clsTokensGradient(native.handle(dy), native.handle(dx), batch * tokens, width, tokens);
    return dx;
  },
};

export const stepKernels: readonly NativeKernel[] = [adamw, sumsOfSquares, clsTokens, clsTokensGradient];
