import { z } from 'zod';
import { once } from '../../once.ts';
import { parametersOf } from '../parameters/parameters-of.ts';

const share = z.number().min(0).max(1);
const isAscending = ([low, high]: readonly [number, number]) => low <= high;
const unordered = 'the first must not be above the second';

/**
 * Random augmentation of training images: cropped, then mirrored, rotated, scaled and shifted. Pixels from outside the image
 * are black. The defaults change nothing.
 */
export const augmentationSchema = z.strictObject({
  crop: z
    .tuple([z.number().positive().max(1), z.number().positive().max(1)])
    .refine(isAscending, unordered)
    .default([1, 1])
    .meta({
      title: 'Random crop',
      description:
        'Smallest and largest share of the image’s area that a random crop keeps, resized to the model’s size, as torchvision’s RandomResizedCrop does (0.08, 1 there). 1, 1 does not crop.',
      unit: 'share of the area',
      advanced: true,
      group: 'Data',
    }),
  rotation_radians: z.number().min(0).max(Math.PI).default(0).meta({
    title: 'Random rotation',
    description: 'Largest rotation of a training image, in both directions.',
    unit: 'radians',
    step: 0.05,
    advanced: true,
    group: 'Data',
  }),
  scale: z.tuple([z.number().positive(), z.number().positive()]).refine(isAscending, unordered).default([1, 1]).meta({
    title: 'Random scale',
    description: 'Smallest and largest factor on the size of a training image.',
    advanced: true,
    group: 'Data',
  }),
  shift: share.default(0).meta({
    title: 'Random shift',
    description: 'Largest shift of a training image as a share of width and height, in both directions.',
    step: 0.05,
    advanced: true,
    group: 'Data',
  }),
  horizontal_flip: z.boolean().default(false).meta({
    title: 'Random flip',
    description: 'Mirrors a training image left to right with probability 1/2.',
    advanced: true,
    group: 'Data',
  }),
});
export type Augmentation = z.infer<typeof augmentationSchema>;

/** Name of the setting, and of its parts with a dot behind it. */
export const augmentationKey = 'augmentation';

/** Parameters of an augmentation under their names in a run. */
export const augmentationParameters = once(() => parametersOf(augmentationSchema, `${augmentationKey}.`));
