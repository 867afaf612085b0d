import { metricLabel, metricName, metricUnit, signedText, valueText } from '../../metrics/index.ts';
import { forgettingHeading, levelText, riseText } from '../../results/forgetting.ts';
import { holm } from '../../statistics/matrix-permutation.ts';
import type { StudyTable } from '../define-study.ts';
import { isReference, referenceOf } from '../grid/grid-schemas.ts';
import { normNote, normText, survivor } from '../grid/grid-tables.ts';
import { tuningTable } from '../grid/tuning.ts';
import { bestOf } from '../scores/judged-metric.ts';
import { intervalText, type MetricInterval } from '../scores/metric-interval.ts';
import { type Curve, curvesOf, forgettingCurves, shareText, type TrajectoryResult } from './trajectory-schemas.ts';

/** Every subject over the training, where each is best, what it costs the base, and the sweep before it. */
export function trajectoryTables(result: TrajectoryResult, notes: readonly string[]): StudyTable[] {
  return [
    ...curvesOf(result).map((curve) => curveTable(result, curve, notes)),
    ...bestTable(result),
    ...forgettingTable(result),
    ...normTable(result),
    ...(result.tuning === null ? [] : [tuningTable(result.tuning)]),
  ];
}

function shareColumns({ checkpoints, total_steps: total }: TrajectoryResult) {
  return checkpoints.map(({ step }) => ({ label: `${shareText(step / total)} (step ${step})`, numeric: true }));
}

/** A row for each cell, and one for its paired difference to its reference. */
function curveTable(result: TrajectoryResult, curve: Curve, notes: readonly string[]): StudyTable {
  const { metric, label, cells } = curve;
  const tests = cells.map((points) => points.map((point) => point?.difference?.test?.p ?? null));
  const adjusted = holm(tests.flat());
  const count = tests.flat().filter((p) => p !== null).length;
  return {
    title: `${label} over the training: ${metricName(metric)}${metricUnit(metric).label} and its paired difference to the reference, with 95 % intervals`,
    columns: [{ label: 'Cell' }, ...shareColumns(result)],
    notes: [
      ...curve.notes,
      ...(count === 0
        ? []
        : [`${survivor}: p below 0.05 after Holm’s correction for all ${count} differences of this table.`]),
      ...notes,
    ],
    rows: cells.flatMap((points, at) => {
      const name = result.cells[at]?.label ?? '';
      const own = points.map((point) =>
        point === null ? '–' : bracketed(valueText(metric, point.own.mean), intervalText(metric, point.own)),
      );
      const rows = [{ cells: [isReference(gridOf(result), at) ? `${name} (reference)` : name, ...own] }];
      if (points.every((point) => point?.difference == null)) return rows;
      const differences = points.map((point, place) => {
        if (point?.difference == null) return '–';
        const { difference } = point;
        const text = bracketed(signedText(metric, difference.mean), intervalText(metric, difference, signedText));
        return (adjusted[at * result.checkpoints.length + place] ?? 1) < 0.05 ? `${text} ${survivor}` : text;
      });
      const reference = result.cells[referenceOf(gridOf(result), at)]?.label ?? '';
      return [...rows, { cells: [`${name} − ${reference}`, ...differences] }];
    }),
  };
}

/** The checkpoint with the best mean of each cell, beside the last one. */
function bestTable(result: TrajectoryResult): StudyTable[] {
  const { metric, checkpoints, total_steps: total } = result;
  if (checkpoints.length < 2) return [];
  const first = curvesOf(result).filter((curve) => curve.metric === metric);
  return [
    {
      title: `Checkpoint with the best ${metricName(metric)}, beside the last`,
      columns: [
        { label: 'Cell' },
        { label: 'Scored' },
        { label: 'Best after', numeric: true },
        { label: `${metricLabel(metric)} there${metricUnit(metric).label}`, numeric: true },
        { label: `At ${shareText((checkpoints.at(-1)?.step ?? total) / total)}`, numeric: true },
        { label: 'Change since', numeric: true },
      ],
      notes: [
        'The best checkpoint is chosen by the same test examples that score it, so its score is an upper bound for a choice made before.',
      ],
      rows: first.flatMap(({ label, cells }) =>
        cells.flatMap((points, at) => {
          const means = points.map((point) => point?.own.mean ?? Number.NaN);
          const last = means.at(-1) ?? Number.NaN;
          const known = means.filter((value) => !Number.isNaN(value));
          if (known.length === 0) return [];
          const best = means.indexOf(bestOf(metric, known));
          return [
            {
              cells: [
                result.cells[at]?.label ?? '',
                label,
                shareText((checkpoints[best]?.step ?? total) / total),
                valueText(metric, means[best]),
                valueText(metric, last),
                signedText(metric, last - (means[best] ?? Number.NaN)),
              ],
            },
          ];
        }),
      ),
    },
  ];
}

/** The mean rise over the seeds, with half the width of its interval. */
function forgettingTable(result: TrajectoryResult): StudyTable[] {
  const curves = forgettingCurves(result);
  const heading = forgettingHeading(curves);
  if (heading === null) return [];
  return [
    {
      title: `${heading} over the training and its paired difference to the reference, ± 95 % over seeds`,
      columns: [{ label: 'Cell' }, { label: 'Scored' }, ...shareColumns(result)],
      rows: curves.flatMap(({ label, cells }) =>
        cells.flatMap((points, at) => {
          const name = result.cells[at]?.label ?? '';
          const differences = riseDifferences(result, label, at);
          const rows = [{ cells: [name, label, ...points.map(riseWithWidth)] }];
          if (differences.every((one) => one === null)) return rows;
          const reference = result.cells[referenceOf(gridOf(result), at)]?.label ?? '';
          return [...rows, { cells: [`${name} − ${reference}`, label, ...differences.map(riseWithWidth)] }];
        }),
      ),
    },
  ];
}

/** The paired differences of the rise of a subject of a cell, by checkpoint. */
function riseDifferences(
  { checkpoints, metric }: TrajectoryResult,
  label: string,
  at: number,
): (MetricInterval | null)[] {
  return checkpoints.map(({ outcomes }) => {
    const outcome = outcomes.find((one) => one.label === label && one.metric === metric);
    return outcome?.cells[at]?.forgetting?.difference ?? null;
  });
}

/** Mean ‖ΔW‖ of what is scored at the norm of the compared cell, and that norm. */
function normTable(result: TrajectoryResult): StudyTable[] {
  const curves = curvesOf(result).filter(
    ({ metric, cells }) => metric === result.metric && cells.flat().some((point) => point?.norms !== undefined),
  );
  if (curves.length === 0) return [];
  return [
    {
      title: 'Mean ‖ΔW‖ over the training, as trained → as scored',
      columns: [{ label: 'Cell' }, { label: 'Scored' }, ...shareColumns(result)],
      notes: [normNote],
      rows: curves.flatMap(({ label, cells }) =>
        cells.flatMap((points, at) => {
          if (points.every((point) => point?.norms === undefined)) return [];
          const norms = points.map((point) => `${normText(point?.norms?.own)} → ${normText(point?.norms?.target)}`);
          return [{ cells: [result.cells[at]?.label ?? '', label, ...norms] }];
        }),
      ),
    },
  ];
}

function riseWithWidth(rise: MetricInterval | null): string {
  if (rise === null) return '–';
  return rise.halfWidth === null ? riseText(rise.mean) : `${riseText(rise.mean)} ± ${levelText(rise.halfWidth)}`;
}

function bracketed(value: string, interval: string): string {
  return interval === '–' ? value : `${value} (${interval})`;
}

function gridOf(result: TrajectoryResult) {
  return { ...result, outcomes: [] };
}
