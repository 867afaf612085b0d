import type { KernelFamily } from './kernel-spec.ts';

export const optimizer: KernelFamily = {
  title: 'optimizer (adamw.cc)',
  kernels: [
    {
      name: 'adamw',
      doc: `One step of AdamW (Loshchilov and Hutter 2019, with PyTorch's semantics) over all parameters, in place:
m ← β₁·m + (1 − β₁)·s·g, v ← β₂·v + (1 − β₂)·(s·g)², θ ← θ·(1 − lr·wd) − lr/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).`,
      params: 'const AdamWParameter* parameters, int64_t parameter_count, AdamWOptions options',
      isInternal: true,
    },
  ],
  functions: [
    {
      name: 'adamw',
      doc: 'One step of AdamW. parameters: [value, gradient, first moment, second moment, count, 1 − β₁ᵗ, 1 − β₂ᵗ, …]',
      params: 'AdamWOptions options, Float64Array parameters',
    },
    {
      name: 'sums_of_squares',
      doc: 'y [inputs]: the sum of the squares of each. inputs: [x, its count, …]',
      params: 'float* y, Float64Array inputs',
    },
  ],
};
