import type { RunRecord } from '../../src-shared/domain/runs/run.ts';
import { formatFigure, type TableCell, type TableRow, unitLabels } from '../../src-shared/results/comparison-row.ts';
import type { ComparisonSides } from '../../src-shared/results/names.ts';
import { formatCount, formatDuration, formatTable } from './format.ts';

export interface DemoSummary {
  readonly rows: readonly TableRow[];
  readonly sides: ComparisonSides;
  readonly runs: readonly RunRecord[];
  /** Display name of the base. */
  readonly base: string;
  readonly totalSeconds: number;
  readonly reportPath: string;
  readonly jsonPath: string | null;
}

/** The demo's table as a terminal shows it, with the seeds, data and steps behind it. */
export function demoText({ rows, sides, runs, base, totalSeconds, reportPath, jsonPath }: DemoSummary): string {
  const table = formatTable(
    ['', sides.without, sides.coto],
    rows.map((row) => [`${row.label}, ${unitLabels[row.unit]}`, cellText(row, row.lora), cellText(row, row.coto)]),
  );
  const seeds = [...new Set(runs.map(({ config }) => config.seed))];
  const [run] = runs;
  const basis =
    run?.facts == null
      ? ''
      : `Seeds ${seeds.join(', ')}; ${run.datasetId}, ${formatCount(run.facts.trainExamples)} training and ${formatCount(run.facts.evalExamples)} test examples; ` +
        `${run.facts.totalSteps} steps; base ${base}; computed on ${run.facts.backend}.\n`;
  return [
    `\n${table}\n`,
    `Means over seeds, each value in brackets; merges and interpolations are of two seeds each. A few seeds show a direction, not a proof.\n`,
    basis,
    `Total time  ${formatDuration(totalSeconds)}\n`,
    `Report      ${reportPath}\n`,
    jsonPath === null ? '' : `Numbers     ${jsonPath}\n`,
  ].join('');
}

/** "76.3  (76.0, 76.6)" */
function cellText({ unit }: TableRow, { mean, values }: TableCell): string {
  if (mean === null) return '–';
  const each = values.length > 1 ? `  (${values.map(({ value }) => formatFigure(value, unit)).join(', ')})` : '';
  return formatFigure(mean, unit) + each;
}
