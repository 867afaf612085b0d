import { z } from 'zod';
import { classTemplateSettings } from '../../tasks/class-templates.ts';
import { adapterReferenceSchema } from '../adapters/adapter-reference.ts';

/** An image to classify: a file, or an example of an image dataset. */
export const classifiedImageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: z.string() }),
  z.strictObject({
    kind: z.literal('example'),
    dataset: z.string(),
    split: z.enum(['train', 'test']),
    index: z.number().int().min(0),
  }),
]);
export type ClassifiedImage = z.infer<typeof classifiedImageSchema>;

/** Classes by their names, and the texts that stand for each. */
export const zeroShotSchema = z.strictObject({
  classes: z.array(z.string().min(1).max(1000)).min(2, 'at least two classes are needed').max(1000),
  class_templates: classTemplateSettings.class_templates,
});

export const classificationRequestSchema = z.strictObject({
  model: z.string(),
  /** One answer per column: of the base alone (null) or with an adapter. */
  columns: z.array(adapterReferenceSchema.nullable()).min(1).max(8),
  image: classifiedImageSchema,
  zero_shot: zeroShotSchema.nullable().default(null).describe('for CLIP, which has no classes of its own'),
  top: z.number().int().min(1).max(100).default(10).describe('likeliest classes per column'),
});
export type ClassificationRequest = z.infer<typeof classificationRequestSchema>;

export const classificationResultSchema = z.object({
  columns: z.array(
    z.object({
      /** The likeliest first; empty where there is a problem. */
      classes: z.array(z.object({ label: z.string(), probability: z.number() })),
      classCount: z.number().int(),
      problem: z.string().nullable().describe('why this column has no answer, e.g. a base without a head'),
    }),
  ),
  seconds: z.number().describe('without loading the base'),
});
export type ClassificationResult = z.infer<typeof classificationResultSchema>;

/** A small copy of an image file, to be looked at. `pixels` has height × width × channels bytes, row by row. */
export const imagePreviewSchema = z.object({
  name: z.string(),
  /** Width of the image file before scaling. */
  fullWidth: z.number().int(),
  fullHeight: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  channels: z.number().int(),
  pixels: z.instanceof(Uint8Array),
});
export type ImagePreview = z.infer<typeof imagePreviewSchema>;
