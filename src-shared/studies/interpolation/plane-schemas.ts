import { z } from 'zod';
import { plannedAdapterSchema } from '../../domain/adapters/adapter-reference.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import { scoredDataShape } from '../config/scored-data.ts';
import { judgedMetric, judgedMetricSchema, resultMetricSchema } from '../scores/judged-metric.ts';
import { pointScoreSchema } from '../scores/point-score.ts';
import { bootstrapSeed, connectivityShape, estimatesSchema, joinedShape } from './connectivity.ts';

/** Averages of the factors and of ΔW. */
const usualSurfaces = ['factor-average', 'weight-average'];

export const planeDeclaration: Declaration = {
  id: 'plane',
  label: 'Plane of three',
  summary:
    'Linear mode connectivity of three: the metric and the loss over the triangle of weights of three adapters of one task, by their factors and by ΔW, with the merge at 1:1:1 against its corners and their ensemble.',
  paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  parameters: [
    {
      name: 'subdivisions',
      label: 'Subdivisions',
      type: 'integer',
      default: 5,
      minimum: 2,
      maximum: 30,
      help: 'Steps along each side of the triangle: n make (n + 1)(n + 2) / 2 points, 5 make 21; one evaluation each for each merge method.',
    },
    {
      name: 'beyond',
      label: 'Steps beyond the triangle',
      type: 'integer',
      default: 0,
      minimum: 0,
      maximum: 10,
      help: 'Continues the plane over each side by so many steps, where a weight is negative.',
    },
    {
      name: 'methods',
      label: 'Merge methods',
      type: 'text-list',
      default: usualSurfaces,
      help: 'Ids of the merge methods, each a surface of its own. The ensemble is scored at 1:1:1 anyway.',
    },
    {
      name: 'triples',
      label: 'Triples of each group',
      type: 'choice',
      default: 'disjoint',
      choices: [
        { value: 'disjoint', label: 'Each adapter once' },
        { value: 'all', label: 'Every triple of seeds' },
      ],
      help: 'Which adapters that differ in their seed alone are joined.',
    },
    judgedMetric,
    bootstrapSeed,
  ],
};

export const planeConfigSchema = z.strictObject({
  kind: z.literal('plane'),
  ...scoredDataShape,
  metric: judgedMetricSchema,
  subdivisions: z.number().int().min(2).max(30).default(5),
  beyond: z.number().int().min(0).max(10).default(0),
  methods: z
    .array(z.string())
    .min(1)
    .nullable()
    .default(null)
    .describe(
      `merge methods that produce an adapter; null: ${usualSurfaces.join(', ')}, as far as the adapters allow them`,
    ),
  ...connectivityShape,
  triples: z
    .array(
      z.strictObject({
        ...joinedShape,
        adapters: z.tuple([plannedAdapterSchema, plannedAdapterSchema, plannedAdapterSchema]).readonly(),
      }),
    )
    .min(1),
});
export type PlaneConfig = z.output<typeof planeConfigSchema>;

const weightsSchema = z.tuple([z.number(), z.number(), z.number()]);

const surfaceSchema = z.object({
  method: z.string(),
  /** Every point of the grid, and that at 1:1:1. The weights add up to 1. */
  points: z.array(pointScoreSchema.extend({ weights: weightsSchema })),
  center: pointScoreSchema,
  /** The merge at 1:1:1 minus the mean of the corners, with the bootstrap interval over the test examples. */
  againstCorners: estimatesSchema,
  /** The same minus the ensemble of the three; null without one. */
  againstEnsemble: estimatesSchema.nullable(),
});
export type PlaneSurface = z.infer<typeof surfaceSchema>;

export const planeResultSchema = z.object({
  kind: z.literal('plane'),
  examples: z.number().int(),
  metric: resultMetricSchema,
  triples: z.array(
    z.object({
      ...joinedShape,
      corners: z.array(pointScoreSchema).length(3),
      /** Null where outputs cannot be averaged. */
      ensemble: pointScoreSchema.nullable(),
      surfaces: z.array(surfaceSchema),
    }),
  ),
});
export type PlaneResult = z.output<typeof planeResultSchema>;
export type PlaneTriple = PlaneResult['triples'][number];

/** Methods of the surfaces that a config asks for. */
export function surfaceMethods({ methods }: Pick<PlaneConfig, 'methods'>): string[] {
  return [...new Set(methods ?? usualSurfaces)];
}

/** Whole numbers of steps, which add up to the subdivisions: a point's weights times the subdivisions. */
export type Steps = readonly [number, number, number];

/** Points of the plane, row by row from the side between the first two corners. */
export function planeGrid({ subdivisions, beyond }: Pick<PlaneConfig, 'subdivisions' | 'beyond'>): Steps[] {
  const points: Steps[] = [];
  // Not −beyond, which would be a negative zero.
  const lowest = 0 - beyond;
  for (let third = lowest; third <= subdivisions + 2 * beyond; third++)
    for (let second = lowest; subdivisions - second - third >= lowest; second++)
      points.push([subdivisions - second - third, second, third]);
  return points;
}
