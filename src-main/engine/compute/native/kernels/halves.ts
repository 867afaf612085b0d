import { count, type NativeKernel, number, real } from './kernel.ts';

/** bfloat16 has no type in tfjs: two of them are one int32. */
export const halfKernels: readonly NativeKernel[] = [
  {
    name: 'CotoToBfloat16',
    run(native, inputs) {
      const x = real(inputs, 'x');
      const y = native.output([Math.ceil(count(x) / 2)], 'int32');
      native.kernels.roundToBfloat16(native.handle(x), native.handle(y), count(x));
      return y;
    },
  },
  {
    name: 'CotoFromBfloat16',
    run(native, { x }, attributes) {
      if (x === undefined) throw new Error('kernel input x is missing');
      const values = number(attributes, 'count');
      const y = native.output([values]);
      native.kernels.bfloat16ToFloat(native.handle(x), native.handle(y), values);
      return y;
    },
  },
];
