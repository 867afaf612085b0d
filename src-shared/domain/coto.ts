import { z } from 'zod';
import type { Declaration } from './parameter.ts';
import { parametersOf } from './parameters-of.ts';

export const cotoCurveSchema = z.enum(['linear']);
export type CotoCurve = z.infer<typeof cotoCurveSchema>;

/**
 * The CoTo schedule of a run, in the names of the authors' code (`initial_p`, `final_p`, `stage1_ratio`).
 * A group is all adapted modules of one transformer layer, or one module where `granularity` says so.
 */
export const cotoSettingsSchema = z.strictObject({
  initial_p: z.number().min(0).max(1).default(0.1).meta({
    title: 'Initial p',
    description: 'Probability that a layer’s adapter is active at the first step.',
    step: 0.05,
  }),
  final_p: z.number().min(0).max(1).default(1).meta({
    title: 'Final p',
    description: 'Probability that a layer’s adapter is active in stage 2.',
    step: 0.05,
  }),
  stage1_ratio: z.number().min(0).max(1).default(0.75).meta({
    title: 'Stage 1 ratio',
    description: 'Share of all steps over which p rises from initial_p to final_p.',
    step: 0.05,
  }),
  curve: cotoCurveSchema.default('linear').meta({
    title: 'Curve',
    description: 'How p rises in stage 1.',
    labels: { linear: 'Linear' },
  }),
  granularity: z
    .enum(['layer', 'module'])
    .default('layer')
    .meta({
      title: 'Granularity',
      description: 'What is switched together: all adapters of a layer, or each module by itself.',
      labels: { layer: 'Layer', module: 'Module' },
    }),
});
export type CotoSettings = z.infer<typeof cotoSettingsSchema>;

/** CoTo's declaration, its settings named as in a run (`coto.initial_p`). */
export const cotoDeclaration: Declaration = {
  id: 'coto',
  label: 'CoTo',
  summary:
    'Trains the adapters of a random subset of layers in each step: few at first, all of them from the end of stage 1 on.',
  paper: {
    title: 'Come Together, But Not Right Now: A Progressive Strategy to Boost Low-Rank Adaptation (ICML 2025)',
    url: 'https://arxiv.org/abs/2506.05713',
  },
  parameters: parametersOf(cotoSettingsSchema, 'coto.'),
};
