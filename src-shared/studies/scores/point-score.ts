import { z } from 'zod';
import { forgettingSchema } from '../../domain/evaluation/forgetting.ts';
import { accuracy } from '../../metrics/accuracy.ts';
import { isExampleMean } from '../../metrics/index.ts';
import { loss } from '../../metrics/loss.ts';

/**
 * A quantity of the metrics of a study, as its result keeps it: of the accuracy (null where the task has none), of the loss,
 * and of the metric that the study judges by where it is neither. The result says which that is.
 */
interface ByMetric<T> {
  readonly accuracy: T | null;
  readonly loss: T;
  readonly judged?: T | undefined;
}

/** @param metric the one that the study judges by, or `loss`. @throws RangeError for one that the result does not have */
export function ofMetric<T>({ judged, ...kept }: ByMetric<T>, metric: string): T {
  const found = isExampleMean(metric) ? kept[metric] : judged;
  if (found == null) throw new RangeError(`The result has no metric "${metric}".`);
  return found;
}

/** Returns the value of the point at this index of a curve; NaN if there is none. */
export function metricAt(points: readonly ByMetric<number>[], at: number, metric: string): number {
  const point = points[at];
  return point === undefined ? Number.NaN : ofMetric(point, metric);
}

/** The quantity of every metric that a result of this one keeps. */
export function byMetric<T>(metric: string, hasAccuracy: boolean, of: (metric: string) => T) {
  const judged = isExampleMean(metric) ? {} : { judged: of(metric) };
  return { accuracy: hasAccuracy ? of(accuracy.id) : null, loss: of(loss.id), ...judged };
}

/** The same as a schema. Results of earlier versions have an accuracy always. */
export function byMetricSchema<Schema extends z.ZodType>(schema: Schema) {
  return z.object({ accuracy: schema.nullable(), loss: schema, judged: schema.optional() });
}

/** Accuracy in [0, 1], the mean loss, and the value of the metric that the study judges by, in its own unit. */
export const pointScoreSchema = byMetricSchema(z.number());
export type PointScore = z.infer<typeof pointScoreSchema>;

/** The same with what the subject costs the base. */
export const measuredScoreSchema = pointScoreSchema.extend({
  /** Absent where it was not asked for, and in results of earlier versions. */
  forgetting: forgettingSchema.nullable().optional(),
});
export type MeasuredScore = z.infer<typeof measuredScoreSchema>;
