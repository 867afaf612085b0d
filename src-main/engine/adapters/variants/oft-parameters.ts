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
    help: 'Inputs that are rotated together: each linear trains in · (size − 1) / 2 values. Where it does not divide the inputs, the nearest size that does is taken. 0: r says it.',
  },
  {
    name: 'r',
    label: 'Number of blocks',
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 4096,
    step: 1,
    help: 'In place of the block size: how many blocks a linear has. 0: oft_block_size says it.',
    advanced: true,
  },
  dropoutParameter('module_dropout', {
    label: 'Dropout of blocks',
    help: 'Chance that a block is left unrotated in a training step; not where blocks share one rotation.',
  }),
  {
    name: 'use_cayley_neumann',
    label: 'Neumann series',
    type: 'boolean',
    default: true,
    help: 'Replaces the inverse in the Cayley transform by a few terms of its series: faster, and rotations only for small angles.',
  },
  {
    name: 'num_cayley_neumann_terms',
    label: 'Terms of the series',
    type: 'integer',
    default: 5,
    minimum: 1,
    maximum: 64,
    step: 1,
    help: 'More terms are nearer to a rotation. Three and four are the same in PEFT, and so here.',
    advanced: true,
  },
  {
    name: 'coft',
    label: 'Limit the rotation',
    type: 'boolean',
    default: false,
    help: 'Holds every block near the identity, by eps: constrained OFT.',
    advanced: true,
  },
  {
    name: 'eps',
    label: 'Limit',
    type: 'number',
    default: 6e-5,
    above: 0,
    help: 'Largest norm of a block with coft, before it is divided by the root of the number of blocks.',
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
