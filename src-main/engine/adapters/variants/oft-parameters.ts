import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import { dropoutParameter } from './parameters.ts';

/** Parameters of OFT; names and meanings are PEFT's. */
export const oftParameters: ParameterSpec[] = [
  {
    name: 'oft_block_size',
    label: 'Block size',
    type: 'integer',
    default: 32,
    minimum: 0,
    maximum: 4096,
    step: 1,
    help: 'Number of inputs that are rotated together. Each linear trains in · (size − 1) / 2 values. A size that does not divide the inputs is changed to the nearest that does. 0 uses r.',
  },
  {
    name: 'r',
    label: 'Number of blocks',
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 4096,
    step: 1,
    help: 'Number of blocks of a linear, instead of the block size. 0 uses oft_block_size.',
    advanced: true,
  },
  dropoutParameter('module_dropout', {
    label: 'Dropout of blocks',
    help: 'Probability that a block is not rotated in a training step. It does not apply to blocks that share one rotation.',
  }),
  {
    name: 'use_cayley_neumann',
    label: 'Neumann series',
    type: 'boolean',
    default: true,
    help: 'Replaces the inverse in the Cayley transform with a few terms of its series. This is faster, but gives a rotation only for small angles.',
  },
  {
    name: 'num_cayley_neumann_terms',
    label: 'Terms of the series',
    type: 'integer',
    default: 5,
    minimum: 1,
    maximum: 64,
    step: 1,
    help: 'Number of terms. More terms are closer to a rotation. Three and four give the same result, as in PEFT.',
    advanced: true,
  },
  {
    name: 'coft',
    label: 'Limit the rotation',
    type: 'boolean',
    default: false,
    help: 'Keeps every block within eps of the identity (constrained OFT).',
    advanced: true,
  },
  {
    name: 'eps',
    label: 'Limit',
    type: 'number',
    default: 6e-5,
    above: 0,
    help: 'Maximum norm of a block with coft, before division by the square root of the number of blocks.',
    advanced: true,
  },
  {
    name: 'block_share',
    label: 'One rotation for all blocks',
    type: 'boolean',
    default: false,
    help: 'All blocks of a linear share one rotation.',
    advanced: true,
  },
];
