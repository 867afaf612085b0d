import type { KernelFamily } from './kernel-spec.ts';

export const normalization: KernelFamily = {
  title: 'normalization (norms.cc): x, y, dy, dx [rows, width]; scale, shift [width]',
  kernels: [
    {
      name: 'layer_norm',
      doc: 'y = (x − mean) / √(variance + epsilon) ∘ scale + shift by row; scale or shift null: 1 or 0. y may be x.',
      params:
        'const float* x, const float* scale?, const float* shift?, float* y, int64_t rows, int64_t width, float epsilon',
    },
    {
      name: 'layer_norm_gradient',
      doc: 'dx of layer_norm, and addend [rows, width] unless that is null. dx may be x, dy or addend.',
      params:
        'const float* x, const float* scale?, const float* dy, const float* addend?, float* dx, int64_t rows, int64_t width, float epsilon',
    },
    {
      name: 'rms_norm',
      doc: 'y = x / √(mean(x²) + epsilon) ∘ scale by row; scale null: 1. y may be x.',
      params: 'const float* x, const float* scale?, float* y, int64_t rows, int64_t width, float epsilon',
    },
    {
      name: 'rms_norm_gradient',
      doc: 'dx of rms_norm, and addend [rows, width] unless that is null. dx may be x, dy or addend.',
      params:
        'const float* x, const float* scale?, const float* dy, const float* addend?, float* dx, int64_t rows, int64_t width, float epsilon',
    },
  ],
};
