import { z } from 'zod';
import { parameterValuesSchema } from '../parameters/parameter.ts';
import { tuningSchema } from './merge.ts';

/** A router with its parameters. */
export const routedBySchema = z.strictObject({
  router: z.string(),
  parameters: parameterValuesSchema.default({}),
});

export const routeRequestSchema = z.strictObject({
  adapters: z.array(z.string()).min(1),
  routers: z.array(routedBySchema).min(1),
  datasets: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('datasets to score on; absent: those that the adapters were trained on'),
  eval_samples: z.number().int().min(0).default(0),
  ...tuningSchema.shape,
});

/** Score of a router on the test split of one dataset. */
export const routeScoreSchema = z.object({
  accuracy: z.number().nullable().describe('null where examples have no class and no tokens'),
  loss: z.number(),
  secondsPerExample: z.number().describe('of the routed passes, without the fit of the router'),
  shares: z
    .array(z.number())
    .describe('mean weight of each adapter, over the inputs, or over the tokens of all modules'),
});
export type RouteScore = z.infer<typeof routeScoreSchema>;

/** Scores of routers: routers by datasets. */
export const routeResultSchema = z.object({
  adapters: z.array(z.object({ id: z.string(), name: z.string() })),
  datasets: z.array(z.object({ id: z.string(), name: z.string() })),
  routers: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      scores: z.array(routeScoreSchema).describe('in the order of the datasets'),
    }),
  ),
  evalSamples: z.number().int().describe('test examples of each dataset; 0: all'),
});
export type RouteResult = z.infer<typeof routeResultSchema>;
