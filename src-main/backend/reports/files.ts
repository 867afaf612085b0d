import type { RunSamples } from '../../../src-shared/domain/runs/run-samples.ts';
import { metricUnit } from '../../../src-shared/metrics/index.ts';
import { formatDifference, rowDifference } from '../../../src-shared/results/comparison.ts';
import { type TableRow, unitLabels } from '../../../src-shared/results/comparison-row.ts';
import { csvField } from '../../../src-shared/studies/report/table-csv.ts';
import type { ReportContent } from './content.ts';
import type { ReportOptions } from './options.ts';
import type { ReportVersions } from './setup.ts';

/** One line per value: row, unit, side, seed (empty if seeds are merged), value (shares as fractions). RFC 4180. */
export function reportCsv({ rows, sides, comparisons }: ReportContent): string {
  const lines = [['id', 'quantity', 'unit', 'method', 'seed', 'value']];
  for (const { metric, label, result } of comparisons)
    for (const [at, cell] of result.cells.entries())
      for (const { seeds, value } of result.outcomes[0]?.cells[at]?.values ?? [])
        lines.push([metric, label, fractionUnit(metric), cell.label, seeds.join(' '), String(value)]);
  for (const row of rows)
    for (const [method, cell] of [
      [sides.without, row.lora],
      [sides.coto, row.coto],
    ] as const)
      for (const { seed, value } of cell.values)
        lines.push([row.id, row.label, csvUnit(row), method, seed === null ? '' : String(seed), String(value)]);
  return lines
    .map((line) => line.map(csvField).join(','))
    .join('\r\n')
    .concat('\r\n');
}

/** Every number of the report, with the settings to reproduce it. Shares and accuracies are fractions. */
export function reportJson(
  options: ReportOptions,
  { rows, sides, findings, groups, comparisons }: ReportContent,
  versions: ReportVersions,
  createdAt: number,
): string {
  const { name, note, runs, studies, models, datasets } = options;
  return `${JSON.stringify(
    {
      name,
      note,
      createdAt: new Date(createdAt).toISOString(),
      versions,
      conclusions: findings,
      sides,
      table: rows.map((row) => {
        const difference = rowDifference(row);
        return {
          ...row,
          difference,
          differenceText: difference === null ? null : formatDifference(difference.mean, row.unit),
        };
      }),
      groups: groups.map(({ label, coto, runs: members }) => ({ label, coto, runs: members.map(({ id }) => id) })),
      comparisons: comparisons.map(({ metric, label, result }) => ({
        metric,
        label,
        groups: result.cells.map((cell, at) => ({
          label: cell.label,
          reference: result.references[at] === at ? null : (result.cells[result.references[at] ?? 0]?.label ?? null),
          ...result.outcomes[0]?.cells[at],
        })),
      })),
      runs: runs.map(({ id, name: runName, status, config, facts, result, step }) => ({
        id,
        name: runName,
        status,
        step,
        config,
        facts,
        result,
        findings: options.diagnoses.get(id) ?? [],
        samples: withoutPixels(options.samples.get(id)),
      })),
      tuned: options.tuned.runs,
      studies: studies.map(({ id, name: studyName, config, result, provenance }) => ({
        id,
        name: studyName,
        tuned: options.tuned.studies.get(id) ?? null,
        config,
        result,
        provenance,
      })),
      models: models.map(({ id, name: modelName, description: { fingerprint } }) => ({
        id,
        name: modelName,
        fingerprint,
      })),
      datasets: datasets.map(({ id, name: dataName, description: { splits } }) => ({ id, name: dataName, splits })),
    },
    null,
    2,
  )}\n`;
}

/** Images are in the page. */
function withoutPixels(samples: RunSamples | undefined): object {
  const { inputs = [], steps = [] } = samples ?? {};
  return { inputs: inputs.map((input) => ({ ...input, pixels: undefined })), steps };
}

function csvUnit(row: TableRow): string {
  return row.unit === 'percent' || row.unit === 'points' || row.unit === 'share' ? 'fraction' : unitLabels[row.unit];
}

function fractionUnit(metric: string): string {
  const { scale, unit } = metricUnit(metric);
  return scale === 100 ? 'fraction' : unit;
}
