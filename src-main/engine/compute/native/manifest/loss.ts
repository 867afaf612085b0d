import type { KernelFamily } from './kernel-spec.ts';

export const loss: KernelFamily = {
  title: 'softmax and losses (softmax.cc): labels −100 are ignored, other labels outside 0 … classes − 1 give NaN',
  kernels: [
    {
      name: 'softmax',
      doc: 'Softmax of each row [rows, classes]; y may be x.',
      params: 'const float* x, float* y, int64_t rows, int64_t classes',
    },
    {
      name: 'log_softmax',
      doc: 'Logarithm of the softmax of each row [rows, classes]; y may be x.',
      params: 'const float* x, float* y, int64_t rows, int64_t classes',
      isInternal: true,
    },
    {
      name: 'softmax_cross_entropy',
      doc: 'loss (one number): the mean of −log softmax(logits)[label] over the rows that are not ignored; 0 if none are.',
      params: 'const float* logits, const int32_t* labels, float* loss, int64_t rows, int64_t classes',
    },
    {
      name: 'softmax_cross_entropy_gradient',
      doc: 'dlogits [rows, classes] = (softmax − one-hot) · dy[0] / (rows not ignored), 0 in ignored rows. May be logits.',
      params:
        'const float* logits, const int32_t* labels, const float* dy, float* dlogits, int64_t rows, int64_t classes',
    },
    {
      name: 'cross_entropy_block',
      doc: `A block of linear cross-entropy: losses [rows] = −log softmax(logits)[label] (0 where ignored), and, where
wants_gradient, logits become (softmax − one-hot) · factor in place (0 in ignored rows).`,
      params:
        'float* logits, const int32_t* labels, float* losses, int64_t rows, int64_t classes, float factor, bool wants_gradient',
      isInternal: true,
    },
  ],
  functions: [
    { name: 'linear_cross_entropy', doc: 'The loss of a language model.', params: 'LinearCrossEntropy loss' },
  ],
};
