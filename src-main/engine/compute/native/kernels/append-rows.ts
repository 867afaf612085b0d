import { type NativeKernel, number, real, size } from './kernel.ts';

/** The rows of a single example are added in place where there is room behind them. */
export const appendRows: NativeKernel = {
  name: 'CotoAppendRows',
  run: (native, inputs, attributes) => {
    const [before, added] = [real(inputs, 'before'), real(inputs, 'added')];
    const batch = number(attributes, 'batch');
    if (batch === 1) return native.appended(before, added);
    const y = native.output([size(before, 0) + size(added, 0), size(added, 1)]);
    const parts = [before, added].flatMap((rows) => [native.handle(rows), (4 * size(rows, 0) * size(rows, 1)) / batch]);
    native.kernels.concat(native.handle(y), batch, Float64Array.from(parts));
    return y;
  },
};
