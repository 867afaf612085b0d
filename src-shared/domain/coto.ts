import { z } from 'zod';

export const cotoCurveSchema = z.enum(['linear']);
export type CotoCurve = z.infer<typeof cotoCurveSchema>;

/**
 * The CoTo schedule of a run, in the names of the authors' code (`initial_p`, `final_p`, `stage1_ratio`).
 * A group is all adapted modules of one transformer layer, or one module where `granularity` says so.
 */
export const cotoSettingsSchema = z.strictObject({
  initial_p: z.number().min(0).max(1).default(0.1),
  final_p: z.number().min(0).max(1).default(1),
  stage1_ratio: z.number().min(0).max(1).default(0.75),
  curve: cotoCurveSchema.default('linear'),
  granularity: z.enum(['layer', 'module']).default('layer'),
});
export type CotoSettings = z.infer<typeof cotoSettingsSchema>;
