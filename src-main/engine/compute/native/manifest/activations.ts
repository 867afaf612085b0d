import type { KernelFamily } from './kernel-spec.ts';

export const activations: KernelFamily = {
  title: 'activations (activations.cc)',
  kernels: [
    {
      name: 'gelu',
      doc: "GELU of count numbers, by the error function or (tanh_form) by Hendrycks and Gimpel's tanh. y may be x.",
      params: 'const float* x, float* y, int64_t count, bool tanh_form',
    },
    {
      name: 'gelu_and_derivative',
      doc: 'y = GELU(x) and derivative = GELU′(x). y or derivative may be x.',
      params: 'const float* x, float* y, float* derivative, int64_t count, bool tanh_form',
    },
    {
      name: 'gelu_gradient',
      doc: 'dx = dy · GELU′(x). dx may be x or dy.',
      params: 'const float* x, const float* dy, float* dx, int64_t count, bool tanh_form',
    },
    {
      name: 'gated_silu',
      doc: 'y = gate · σ(gate) · up. y may be gate or up.',
      params: 'const float* gate, const float* up, float* y, int64_t count',
    },
    {
      name: 'gated_silu_gradient',
      doc: 'dgate and dup of gated_silu. Each may be any of the inputs.',
      params: 'const float* gate, const float* up, const float* dy, float* dgate, float* dup, int64_t count',
    },
  ],
};
