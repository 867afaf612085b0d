import { z } from 'zod';
import { formatFixed } from '../format/numbers.ts';
import { metricQuantity } from '../metrics/index.ts';
import type { Quantity } from '../metrics/metric.ts';

/** Values of one column: one for each seed, or a single one if seeds are merged. */
export interface TableCell {
  readonly mean: number | null;
  readonly values: readonly { readonly seed: number | null; readonly value: number }[];
}

/** `percent` and `points` are fractions here (0.763, 0.051) and shown times 100. */
export const tableUnitSchema = z.enum(['percent', 'points', 'loss', 'score', 'milliseconds', 'share']);
export type TableUnit = z.infer<typeof tableUnitSchema>;

/** One quantity with and without CoTo. */
export interface TableRow {
  readonly id: string;
  readonly label: string;
  readonly unit: TableUnit;
  readonly better: 'higher' | 'lower' | null;
  /** Without CoTo, of whatever variant: the key is part of what `coto demo --json` writes. */
  readonly lora: TableCell;
  readonly coto: TableCell;
}

/** `values` gives the figures of the side with CoTo (true) and without. */
export function comparisonRow(
  id: string,
  label: string,
  unit: TableUnit,
  better: TableRow['better'],
  values: (coto: boolean) => TableCell['values'],
): TableRow {
  return { id, label, unit, better, lora: cell(values(false)), coto: cell(values(true)) };
}

function cell(values: TableCell['values']): TableCell {
  const sum = values.reduce((total, { value }) => total + value, 0);
  return { mean: values.length === 0 ? null : sum / values.length, values };
}

/** Formats a value as its unit requires, without the unit: "76.3", "5.1", "0.123", "48.0". */
export function formatFigure(value: number, unit: TableUnit): string {
  switch (unit) {
    case 'percent':
    case 'points':
    case 'share':
      return formatFixed(100 * value, 1);
    case 'loss':
    case 'score':
      return formatFixed(value, 3);
    case 'milliseconds':
      return formatFixed(value, 1);
  }
}

/** Suffix of a row's label. */
export const unitLabels: Record<TableUnit, string> = {
  percent: '%',
  points: 'points',
  loss: 'nats',
  score: '',
  milliseconds: 'ms',
  share: '%',
};

const unitsOfQuantities: Readonly<Record<Quantity, TableUnit>> = {
  share: 'percent',
  loss: 'loss',
  perplexity: 'score',
  score: 'score',
};

/** The unit that comparisons show a metric in. */
export function tableUnit(metric: string): TableUnit {
  return unitsOfQuantities[metricQuantity(metric)];
}
