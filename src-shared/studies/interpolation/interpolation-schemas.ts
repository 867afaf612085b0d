import { z } from 'zod';
import { plannedAdapterSchema } from '../../domain/adapters/adapter-reference.ts';
import { type Declaration, parameterValuesSchema } from '../../domain/parameters/parameter.ts';
import { accuracy as accuracyMetric } from '../../metrics/accuracy.ts';
import { isLowerBetter } from '../../metrics/index.ts';
import { loss as lossMetric } from '../../metrics/loss.ts';
import { scoredDataShape } from '../config/scored-data.ts';
import { judgedMetric, judgedMetricSchema, resultMetricSchema } from '../scores/judged-metric.ts';
import { byMetricSchema, pointScoreSchema } from '../scores/point-score.ts';
import { barriersOf } from './barrier.ts';
import {
  bootstrapSeed,
  connectivityShape,
  estimateSchema,
  estimatesSchema,
  joinedShape,
  standardMethods,
  unitsOf,
} from './connectivity.ts';

export const interpolationDeclaration: Declaration = {
  id: 'interpolation',
  label: 'Interpolation',
  summary:
    'Linear mode connectivity: the metric and the loss along the line between two adapters of one task, by their factors, by ΔW, by aligned factors and by their outputs, with the height of the barrier.',
  paper: {
    title: 'Linear Mode Connectivity and the Lottery Ticket Hypothesis',
    url: 'https://arxiv.org/abs/1912.05671',
  },
  parameters: [
    {
      name: 'points',
      label: 'Points',
      type: 'integer',
      default: 21,
      minimum: 3,
      maximum: 201,
      help: 'Values of λ from 0 to 1, both ends among them; one evaluation each on every curve but that of the outputs, which costs none.',
    },
    {
      name: 'pairs',
      label: 'Pairs of each group',
      type: 'choice',
      default: 'all',
      choices: [
        { value: 'all', label: 'Every pair of seeds' },
        { value: 'disjoint', label: 'Each adapter once' },
      ],
      help: 'Which adapters that differ in their seed alone are joined. Pairs that share an adapter are not independent; intervals account for it.',
    },
    {
      name: 'method',
      label: 'Further merge method',
      type: 'text',
      default: null,
      nullable: true,
      names: 'merge-method',
      help: 'A curve of its own, beside those of the factors, ΔW, the aligned factors and the outputs, which are always drawn.',
    },
    judgedMetric,
    bootstrapSeed,
  ],
};

export const interpolationConfigSchema = z.strictObject({
  kind: z.literal('interpolation'),
  ...scoredDataShape,
  metric: judgedMetricSchema,
  points: z.number().int().min(3).max(201).default(21),
  curves: z
    .array(z.string())
    .min(1)
    .nullable()
    .default(null)
    .describe(`merge methods; null: ${standardMethods.join(', ')}, as far as the adapters allow them`),
  method: z
    .string()
    .nullable()
    .default(null)
    .describe('a further merge method that produces an adapter from two weights'),
  parameters: parameterValuesSchema.default({}).describe('parameters of the further method'),
  ...connectivityShape,
  pairs: z
    .array(
      z.strictObject({
        ...joinedShape,
        from: plannedAdapterSchema,
        to: plannedAdapterSchema,
      }),
    )
    .min(1),
});
export type InterpolationConfig = z.output<typeof interpolationConfigSchema>;

const barrierSchema = z.object({ line: estimateSchema, mean: estimateSchema, at: z.number() });
export type BarrierResult = z.infer<typeof barrierSchema>;

const curveSchema = z.object({
  /** Null in results of earlier versions: the method of the config. */
  method: z.string().nullable(),
  points: z.array(pointScoreSchema.extend({ lambda: z.number() })),
  /** Heights of the barriers, by both definitions, with their bootstrap intervals over the test examples. */
  barriers: byMetricSchema(barrierSchema),
  /** Halfway: the merge minus the ensemble; null for the ensemble itself and without one. */
  againstEnsemble: estimatesSchema.nullable(),
});
export type InterpolationCurve = z.infer<typeof curveSchema>;

const pairSchema = z.object({
  ...joinedShape,
  curves: z.array(curveSchema),
});

/** Results of earlier versions hold one curve a pair, and the barriers from the straight line. */
function withCurves(value: unknown): unknown {
  const former = formerPairSchema.safeParse(value);
  if (!former.success) return value;
  const { points, accuracyBarrier, lossBarrier, ...pair } = former.data;
  const [accuracy, loss] = [accuracyMetric.id, lossMetric.id].map((metric) => {
    const curve = points.map((point) => ({ lambda: point.lambda, value: point[metric] }));
    const { mean, at } = barriersOf(curve, isLowerBetter(metric) ? 'lower' : 'higher');
    const line = metric === lossMetric.id ? lossBarrier : accuracyBarrier;
    const alone = (height: number) => ({ value: height, low: null, high: null });
    return { line: alone(line), mean: alone(mean), at };
  });
  return { ...pair, curves: [{ method: null, points, barriers: { accuracy, loss }, againstEnsemble: null }] };
}

const formerPairSchema = z.object({
  label: z.string(),
  coto: z.boolean(),
  points: z.array(z.object({ accuracy: z.number(), loss: z.number(), lambda: z.number() })).min(2),
  accuracyBarrier: z.number(),
  lossBarrier: z.number(),
});

export const interpolationResultSchema = z.object({
  kind: z.literal('interpolation'),
  examples: z.number().int(),
  metric: resultMetricSchema,
  pairs: z.array(z.preprocess(withCurves, pairSchema)),
});
export type InterpolationResult = z.output<typeof interpolationResultSchema>;
export type InterpolationPair = InterpolationResult['pairs'][number];

/** Methods of the curves that a config asks for, the further one last. */
export function curveMethods({ curves, method }: Pick<InterpolationConfig, 'curves' | 'method'>): string[] {
  return [...new Set([...(curves ?? standardMethods), ...(method === null ? [] : [method])])];
}

/** The place of λ = ½, or of the point next to it. */
export function middleOf(points: readonly unknown[]): number {
  return Math.round((points.length - 1) / 2);
}

/** Curves of one method of some pairs, given with their places, and the adapters that each joins. */
export function curvesOf(
  entries: readonly { readonly entry: InterpolationPair; readonly index: number }[],
  method: string | null,
  { pairs }: Pick<InterpolationConfig, 'pairs'>,
): { readonly curve: InterpolationCurve; readonly units: readonly string[] }[] {
  return entries.flatMap(({ entry, index }) => {
    const pair = pairs[index];
    const units = pair === undefined ? [] : unitsOf([pair.from, pair.to]);
    return entry.curves.filter((curve) => curve.method === method).map((curve) => ({ curve, units }));
  });
}
