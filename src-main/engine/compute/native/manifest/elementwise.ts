import type { KernelFamily } from './kernel-spec.ts';

const broadcast = (type: string, out: string) =>
  `const ${type}* a, Shape a_shape, const ${type}* b, Shape b_shape, ${out}* out, Shape out_shape`;

export const elementwise: KernelFamily = {
  title: 'element by element (unary.cc, binary.cc)',
  kernels: [
    {
      name: 'unary',
      doc: 'y = operation(x); alpha and beta as the operation says. y may be x.',
      params: 'Unary operation, const float* x, float* y, int64_t count, float alpha, float beta',
    },
    {
      name: 'unary_int32',
      doc: 'The same of int32: negate, absolute, square, sign, relu, relu6, clip. Others: false, and nothing is done.',
      params: 'Unary operation, const int32_t* x, int32_t* y, int64_t count, int32_t alpha, int32_t beta',
      returns: 'bool',
    },
    {
      name: 'test',
      doc: 'Truth of a property of x.',
      params: 'Test operation, const float* x, uint8_t* y, int64_t count',
    },
    {
      name: 'binary',
      doc: "out = a ∘ b, broadcast as NumPy does; out_shape is the broadcast shape. out may be an operand of out's shape.",
      params: `Binary operation, ${broadcast('float', 'float')}`,
    },
    {
      name: 'binary_int32',
      doc: 'The same of int32; a division by 0 gives 0.',
      params: `Binary operation, ${broadcast('int32_t', 'int32_t')}`,
    },
    {
      name: 'compare',
      doc: 'Truth of a ∘ b, broadcast.',
      params: `Comparison operation, ${broadcast('float', 'uint8_t')}`,
    },
    {
      name: 'compare_int32',
      doc: 'The same of int32.',
      params: `Comparison operation, ${broadcast('int32_t', 'uint8_t')}`,
    },
    {
      name: 'compare_bool',
      doc: 'The same of truth values.',
      params: `Comparison operation, ${broadcast('uint8_t', 'uint8_t')}`,
    },
    {
      name: 'logical',
      doc: 'Truth of a ∘ b of truth values, broadcast.',
      params: `Logical operation, ${broadcast('uint8_t', 'uint8_t')}`,
    },
    { name: 'logical_not', doc: 'y = not x.', params: 'const uint8_t* x, uint8_t* y, int64_t count' },
    {
      name: 'select',
      doc: `out = condition ? a : b over elements of 1 or 4 bytes (element_bytes): a, b, out [count], the condition
[count / inner], each of its elements for \`inner\` of theirs.`,
      params:
        'const uint8_t* condition, const void* a, const void* b, void* out, int64_t count, int64_t inner, int element_bytes',
    },
    {
      name: 'add_n',
      doc: 'out = the sum of `inputs` tensors of count floats, in their order.',
      params: 'const float* const* inputs, int64_t input_count, float* out, int64_t count',
      isInternal: true,
    },
    {
      name: 'accumulate',
      doc: 'y = scale · x + y, count floats.',
      params: 'const float* x, float scale, float* y, int64_t count',
      isInternal: true,
    },
  ],
  functions: [
    {
      name: 'add_n',
      doc: 'y = the sum of tensors of count floats. inputs: [x, …]',
      params: 'float* y, int64_t count, Float64Array inputs',
    },
  ],
};
