import { GrowingCurve } from '../../../src-shared/curves/growing-curve.ts';
import type { Curve, MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';

/** Values of a metric at these steps, as an event brings them. */
export function column(name: string, steps: readonly number[], values: readonly number[]): MetricColumn {
  return { name, steps: Int32Array.from(steps), values: Float64Array.from(values) };
}

/** A curve of these values, folded into at most `limit` buckets. */
export function makeCurve(metric: string, steps: readonly number[], values: readonly number[], limit = 1000): Curve {
  const curve = new GrowingCurve(metric, limit);
  steps.forEach((step, index) => {
    curve.add(step, values[index] ?? 0);
  });
  return curve.view();
}

/** The columns as plain lists, for comparing. */
export function plain({ metric, width, counts, steps, ends, min, max, mean }: Curve) {
  const lists = { counts, steps, ends, min, max, mean };
  return { metric, width, ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]])) };
}
