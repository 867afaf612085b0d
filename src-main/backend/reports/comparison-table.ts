import { probabilityText } from '../../../src-shared/format/numbers.ts';
import { differenceText, formatDifference, rowDifference } from '../../../src-shared/results/comparison.ts';
import { formatFigure, type TableCell, type TableRow, unitLabels } from '../../../src-shared/results/comparison-row.ts';
import type { ComparisonSides } from '../../../src-shared/results/names.ts';
import { besidePublished, equivalenceMargin, equivalenceText } from '../../../src-shared/results/published.ts';
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

/** Differences of the paper and its rebuttal beside those of the rows; none where no row has a published counterpart. */
export function publishedTables(rows: readonly TableRow[]): StudyTable[] {
  const found = besidePublished(rows, rowDifference);
  if (found.length === 0) return [];
  const points = formatFigure(equivalenceMargin, 'points');
  return [
    {
      title: 'Beside published differences',
      columns: [
        { label: 'Metric' },
        { label: 'Published setting' },
        { label: 'Source' },
        { label: 'Published (points)', numeric: true },
        { label: 'Here (points)', numeric: true },
        { label: 'Here against published' },
        { label: `Within ±${points} points` },
      ],
      rows: found.map(({ row, published, setting, source, measured, agreement }) => ({
        cells: [
          row.label,
          setting,
          source,
          formatDifference(published, row.unit),
          differenceText(measured, row.unit),
          agreement,
          equivalenceText(measured, probabilityText),
        ],
      })),
      notes: [
        `With CoTo minus without. Published: LoRA, arXiv 2506.05713 and its rebuttal, on other bases and data. "Within the interval": the 95 % interval here contains the published difference; "not seen": it contains 0 and not the published one. The last column tests by two one-sided tests at 5 % if the difference here is shown to be within ±${points} points of 0; "not shown" is no evidence for a difference.`,
      ],
    },
  ];
}

function cellText({ mean, values }: TableCell, { unit }: TableRow): string {
  if (mean === null) return '–';
  const each = values.map(({ value }) => formatFigure(value, unit)).join(', ');
  return values.length > 1 ? `${formatFigure(mean, unit)} (${each})` : formatFigure(mean, unit);
}
