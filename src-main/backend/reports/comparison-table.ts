import { differenceText, rowDifference } from '../../../src-shared/results/comparison.ts';
import { formatFigure, type TableCell, type TableRow, unitLabels } from '../../../src-shared/results/comparison-row.ts';
import type { ComparisonSides } from '../../../src-shared/results/names.ts';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';

export const comparisonNote =
  "Mean (individual seeds). Difference: with CoTo minus without, paired by seed; ± is half the 95 % interval (Student's t), given where there are several pairs that are not all equal.";

/** The comparison with and without CoTo as a table of text. */
export function comparisonTable(rows: readonly TableRow[], { without, coto }: ComparisonSides): StudyTable {
  return {
    title: 'With and without CoTo',
    columns: [
      { label: 'Metric' },
      { label: 'Unit' },
      { label: without, numeric: true },
      { label: coto, numeric: true },
      { label: 'Difference', numeric: true },
    ],
    rows: rows.map((row) => ({
      cells: [
        row.label,
        unitLabels[row.unit],
        cellText(row.lora, row),
        cellText(row.coto, row),
        differenceText(rowDifference(row), row.unit),
      ],
    })),
    notes: [comparisonNote],
  };
}

function cellText({ mean, values }: TableCell, { unit }: TableRow): string {
  if (mean === null) return '–';
  const each = values.map(({ value }) => formatFigure(value, unit)).join(', ');
  return values.length > 1 ? `${formatFigure(mean, unit)} (${each})` : formatFigure(mean, unit);
}
