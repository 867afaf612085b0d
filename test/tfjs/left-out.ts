/**
 * Tests skipped because the engine does not use these features of the native backend, or because they check the wording
 * of messages.
 */
const patterns = [
  // Types: complex numbers and strings.
  'complex',
  '(add|sub) .*upcasts when dtypes dont match',
  'string',
  'squeeze .*(default|specific dimension|all ones|squeeze only ones)',
  // Kernels: atan2, prelu, the gradients of elu and of products, gathering by batches.
  'atan2',
  'prelu',
  'elu .*(derivative|gradient with clones)',
  'prod .*gradients',
  'gather .*(batchDims|batch dims)',
  // Sign of NaN is NaN here.
  'sign .*(basic|does not propagate NaNs|accepts a tensor-like object)',
  // An index out of bounds is refused in other words.
  'gather .*throws when index is out of bound',
  // Counts tensors that an earlier suite of the same process left.
  'has no mem leak',
];

/** Tests of tfjs by their full name: the suite's, a blank, their own. */
export const leftOut = new RegExp(`(${patterns.join('|')})`, 'i');
