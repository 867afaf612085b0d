import { z } from 'zod';
import { gridLabel } from '../../domain/adapters/prune.ts';
import { parameterValuesSchema } from '../../domain/parameters/parameter.ts';
import { scoredDataShape } from '../config/scored-data.ts';
import { judgedMetricSchema, resultMetricSchema } from '../scores/judged-metric.ts';
import { measuredScoreSchema } from '../scores/point-score.ts';
import { namedAdaptersSchema } from './named-adapters.ts';

/** A prune method's parameter that a curve runs over, and values of the other parameters. */
const gridSchema = z.strictObject({
  method: z.string(),
  parameters: parameterValuesSchema.default({}),
  values: z.array(z.number()).min(1),
});

export const pruningConfigSchema = z
  .strictObject({
    kind: z.literal('pruning'),
    ...scoredDataShape,
    metric: judgedMetricSchema,
    patterns: z
      .array(z.strictObject({ method: z.string(), parameters: parameterValuesSchema }))
      .nullable()
      .default(null)
      .describe('null: the defaults of every prune method'),
    grids: z
      .array(gridSchema)
      .nullable()
      .default(null)
      .describe('null: the default of every prune method that has one'),
    sparsities: z
      .array(z.number().min(0).max(1))
      .optional()
      .describe('the grid of magnitude pruning, in the format of earlier versions'),
    adapters: namedAdaptersSchema,
  })
  .transform(({ sparsities, grids, ...rest }) => ({
    ...rest,
    grids: grids ?? (sparsities === undefined ? null : magnitudeGrids(sparsities)),
  }));
export type PruningConfig = z.output<typeof pruningConfigSchema>;

export function magnitudeGrids(values: readonly number[]): z.infer<typeof gridSchema>[] {
  return values.length === 0 ? [] : [{ method: 'magnitude', parameters: {}, values: [...values] }];
}

const countsSchema = z.object({ kept: z.number().int(), total: z.number().int() });

const gridResultSchema = z.object({
  method: z.string(),
  label: z.string().describe('label of the method'),
  parameter: z.string().describe('parameter on the x axis of the curve'),
  parameters: parameterValuesSchema.describe('values of the other parameters'),
  axis: z.string(),
  percent: z.boolean(),
  unchanged: z.number().nullable(),
  points: z.array(measuredScoreSchema.extend({ value: z.number(), label: z.string(), ...countsSchema.shape })),
});
export type PruningGrid = z.infer<typeof gridResultSchema>;

const prunedSchema = z
  .object({
    label: z.string(),
    coto: z.boolean(),
    seed: z.number().int(),
    unpruned: measuredScoreSchema,
    patterns: z.array(
      measuredScoreSchema.extend({ label: z.string(), method: z.string(), parameters: parameterValuesSchema }),
    ),
    grids: z.array(gridResultSchema).optional(),
    sparsities: z
      .array(measuredScoreSchema.extend({ sparsity: z.number(), ...countsSchema.shape }))
      .optional()
      .describe('the curve of magnitude pruning, in the format of earlier versions'),
  })
  .transform(({ sparsities = [], grids, ...rest }) => ({
    ...rest,
    grids: grids ?? (sparsities.length === 0 ? [] : [magnitudeCurve(sparsities)]),
  }));

function magnitudeCurve(
  points: readonly (Omit<PruningGrid['points'][number], 'value' | 'label'> & { sparsity: number })[],
): PruningGrid {
  return {
    method: 'magnitude',
    label: 'Magnitude',
    parameter: 'sparsity',
    parameters: {},
    axis: 'factor entries set to zero',
    percent: true,
    unchanged: 0,
    points: points.map(({ sparsity, ...score }) => ({
      value: sparsity,
      label: gridLabel({ label: '{value} zeroed', percent: true }, sparsity),
      ...score,
    })),
  };
}

export const pruningResultSchema = z.object({
  kind: z.literal('pruning'),
  examples: z.number().int(),
  metric: resultMetricSchema,
  adapters: z.array(prunedSchema),
});
export type PruningResult = z.output<typeof pruningResultSchema>;
export type PrunedAdapter = PruningResult['adapters'][number];
