import { flag, number, real } from '../../kernel-inputs.ts';
import { runTogether } from '../joined-program.ts';
import type { GpuKernel } from './kernel.ts';
import { afterProduct, gpuMatmul, plannedMatmul } from './matmul.ts';

/** The weight W ∘ (1 + s·B·A) is made tile by tile, as the product reads it. */
const product: GpuKernel = {
  name: 'CotoHiraMatmul',
  run: (gpu, inputs, attributes) =>
    gpuMatmul(gpu, {
      a: real(inputs, 'x'),
      b: real(inputs, 'weight'),
      transposeB: flag(attributes, 'transposed'),
      factored: {
        a: real(inputs, 'a'),
        b: real(inputs, 'b'),
        scale: number(attributes, 'scaling'),
        updateOnly: flag(attributes, 'updateOnly'),
      },
      ...afterProduct(inputs),
    }),
};

/** s·Bᵀ·T and s·T·Aᵀ of T = (dyᵀ·x) ∘ W. */
const gradient: GpuKernel = {
  name: 'CotoHiraGradient',
  run: (gpu, inputs, attributes) => {
    const [a, b, multiplier] = [real(inputs, 'a'), real(inputs, 'b'), real(inputs, 'weight')];
    const scale = number(attributes, 'scaling');
    const inner = gpuMatmul(gpu, { a: real(inputs, 'dy'), b: real(inputs, 'x'), transposeA: true, multiplier });
    const down = plannedMatmul(gpu, { a: b, b: inner, transposeA: true, scale, isJoined: true });
    const up = plannedMatmul(gpu, { a: inner, b: a, transposeB: true, scale, isJoined: true });
    runTogether(gpu, [down.work, up.work]);
    gpu.release(inner);
    return [down.y, up.y];
  },
};

export const hiraKernels: readonly GpuKernel[] = [product, gradient];
