import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { goldenPath } from '../../engine/golden.ts';

const tablesSchema = z.object({
  linear: z.array(
    z.object({
      curve: z.literal('linear'),
      initial_p: z.number(),
      final_p: z.number(),
      stage1_ratio: z.number(),
      steps: z.number(),
      p: z.array(z.number()),
      mean_p: z.number(),
    }),
  ),
  stochastic_depth: z.object({
    layers: z.number(),
    constant: z.array(z.number()),
    linear_decay: z.object({ last: z.number(), survival: z.array(z.number()) }),
  }),
  nested_uniform: z.object({ r: z.number(), keep_probability: z.array(z.number()) }),
});

/** p(t) of the callback in the authors' README, and probabilities of the controls. */
export const tables = tablesSchema.parse(
  JSON.parse(readFileSync(goldenPath('methods', 'schedules', 'tables.json'), 'utf8')),
);
