import path from 'node:path';
import { stringify } from 'yaml';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { TunedVerdict } from '../../../src-shared/domain/tuned.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import { formatDifference, rowDifference } from '../../../src-shared/results/comparison.ts';
import { formatFigure, type TableCell, type TableRow, unitLabels } from '../../../src-shared/results/comparison-row.ts';
import { forgettingHeading, riseText } from '../../../src-shared/results/forgetting.ts';
import { headlineText } from '../../../src-shared/results/headline.ts';
import { type ComparisonSides, distinctModelNames } from '../../../src-shared/results/names.ts';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { provenanceFacts, studyCommand } from '../../../src-shared/studies/provenance-facts.ts';
import type { InlineTypeface } from '../../../src-shared/typeface.ts';
import type { ReportFigure } from './figures.ts';
import { html, type SafeHtml, scriptJson, scriptText } from './html.ts';
import { methodLabel, type ReportOptions, studyWords } from './options.ts';
import { drawScript, styleSheet } from './page-assets.ts';

export interface ReportVersions {
  readonly studio: string;
  readonly node: string;
  readonly platform: string;
}

interface Comparison {
  readonly rows: readonly TableRow[];
  readonly sides: ComparisonSides;
  readonly sentences: readonly string[];
}

/** The report as one self-contained page. All names from users or files are escaped. */
export function reportPage(
  options: ReportOptions,
  comparison: Comparison,
  figures: readonly ReportFigure[],
  versions: ReportVersions,
  inlined: { readonly plotly: string; readonly typeface: InlineTypeface },
  createdAt: number,
): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; img-src data: blob:">
<title>${options.name}</title>
<style>${{ html: styleSheet(inlined.typeface) }}</style>
</head>
<body>
<main>
<header>
<h1>${options.name}</h1>
<p class="quiet">${stateLine(options, createdAt)}</p>
</header>
${compares(options) ? comparisonSection(comparison, options.tuned.runs) : html``}
${options.studies.map((study, at) => studySection(study, at, options))}
<section>
<h2>Figures</h2>
<noscript><p>The figures are drawn by a script inside this file, which is switched off here. Their numbers are in the table above and in the files beside this one.</p></noscript>
<div class="figures">${figures.map(figureFrame)}</div>
</section>
<section>
<h2>How it was made</h2>
${madeFrom(options, versions)}
${runsTable(options.runs)}
${options.runs.map(runDetails)}
</section>
</main>
<script type="application/json" id="figure-data">${scriptJson(figures)}</script>
<script>${scriptText(inlined.plotly)}</script>
<script>${scriptText(drawScript)}</script>
</body>
</html>
`;
  return page.html;
}

function stateLine({ runs, studies, models, datasets }: ReportOptions, createdAt: number): string {
  const seeds = [...new Set(runs.map((run) => run.config.seed))].sort((one, other) => one - other);
  const parts = [
    new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ').concat(' UTC'),
    [...distinctModelNames(models).values()].join(', '),
    datasets.map((dataset) => dataset.name).join(', '),
    `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${studies.length} ${studies.length === 1 ? 'study' : 'studies'}`,
    `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** Whether the report compares with and without CoTo: true for studies that do and for a report of runs alone. */
function compares({ studies }: ReportOptions): boolean {
  return (
    studies.length === 0 ||
    studies.some(({ kind, result }) => result !== null && studyKind(kind).comparison(result).length > 0)
  );
}

/** The badge "tuned" or "untuned" beside a comparison, with what it rests on. */
function tunedNote(verdict: TunedVerdict | null): SafeHtml {
  if (verdict === null) return html``;
  return html`<p class="quiet"><strong>${verdict.tuned ? 'Tuned.' : 'Untuned.'}</strong> ${verdict.reason}</p>`;
}

function comparisonSection({ rows, sides, sentences }: Comparison, tuned: TunedVerdict | null): SafeHtml {
  return html`<section>
<h2>With and without CoTo</h2>
<ul class="findings">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>
${resultTable(rows, sides)}
${tunedNote(tuned)}
<p class="quiet">Strong: mean; behind it each seed. Difference: with CoTo minus without, paired by seed; ± is half the 95 % interval (Student's t), given where there are several pairs that are not all equal.</p>
</section>`;
}

/** @param at place of the study among those of the report, from 0; its tables' files are numbered by it */
function studySection(
  { id, name, kind, config, result, provenance }: ReportOptions['studies'][number],
  at: number,
  { path: file, studyYaml, tuned }: ReportOptions,
): SafeHtml {
  if (result === null) return html``;
  const study = studyKind(kind);
  const tables = study.table(result, config, studyWords);
  const stem = path.basename(file, path.extname(file));
  const names = tables.map((_, table) => `${stem}-${at + 1}-${table + 1}.csv`);
  const yaml = studyYaml.get(id);
  return html`<section>
<h2>${name}</h2>
<p class="quiet">${study.describeConfig(config).map(({ label, value }) => html`${label}: ${value}. `)}${result.examples} test examples.</p>
${tunedNote(tuned.studies.get(id) ?? null)}
${tables.map(studyTable)}
${names.length === 0 ? html`` : html`<p class="quiet">The ${names.length === 1 ? 'table is' : 'tables are'} beside this page as ${names.join(', ')}; every number is in ${stem}.json.</p>`}
<details><summary>How it was made</summary>
<dl>${provenanceFacts(provenance).map(({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>
${yaml === undefined ? html`` : html`<p>This command makes it again from the file below it:</p><pre>${studyCommand}</pre><pre>${yaml}</pre>`}
</details>
</section>`;
}

function studyTable({ title, columns, rows, notes = [] }: StudyTable): SafeHtml {
  const cell = (text: string, at: number) =>
    columns[at]?.numeric === true ? html`<td class="number">${text}</td>` : html`<td>${text}</td>`;
  return html`<div class="scroll"><table><caption>${title}</caption>
<thead><tr>${columns.map(({ label, numeric }) => html`<th class="${numeric === true ? 'number' : ''}">${label}</th>`)}</tr></thead>
<tbody>${rows.map(({ cells }) => html`<tr>${cells.map(cell)}</tr>`)}</tbody>
</table></div>
${notes.map((note) => html`<p class="quiet">– ${note}</p>`)}`;
}

function resultTable(rows: readonly TableRow[], sides: ComparisonSides): SafeHtml {
  return html`<div class="scroll"><table>
<thead><tr><th>Quantity</th><th>Unit</th><th class="number">${sides.without}</th><th class="number">${sides.coto}</th><th class="number">Difference</th></tr></thead>
<tbody>${rows.map(resultRow)}</tbody>
</table></div>`;
}

function resultRow(row: TableRow): SafeHtml {
  const difference = rowDifference(row);
  const better = row.better === null ? '' : ` (${row.better} is better)`;
  const interval =
    difference === null || difference.halfWidth === null
      ? html``
      : html` <span class="quiet">± ${formatFigure(difference.halfWidth, row.unit)}</span>`;
  return html`<tr><th scope="row">${row.label}<span class="quiet">${better}</span></th><td>${unitLabels[row.unit]}</td>
${valueCell(row.lora, row)}${valueCell(row.coto, row)}
<td class="number">${difference === null ? '–' : formatDifference(difference.mean, row.unit)}${interval}</td></tr>`;
}

function valueCell(cell: TableCell, row: TableRow): SafeHtml {
  if (cell.mean === null) return html`<td class="number">–</td>`;
  const each = cell.values.map(({ value }) => formatFigure(value, row.unit)).join(', ');
  const seeds = cell.values.length > 1 ? html` <span class="quiet">(${each})</span>` : html``;
  return html`<td class="number"><strong>${formatFigure(cell.mean, row.unit)}</strong>${seeds}</td>`;
}

function figureFrame({ id, light }: ReportFigure): SafeHtml {
  return html`<figure><div class="plot" id="${id}"></div><figcaption>${light.caption}</figcaption></figure>`;
}

function madeFrom({ models, datasets, runs }: ReportOptions, versions: ReportVersions): SafeHtml {
  const machines = [
    ...new Set(
      runs.flatMap((run) =>
        run.facts ? `${run.facts.backend}, ${run.facts.threads} ${run.facts.threads === 1 ? 'thread' : 'threads'}` : [],
      ),
    ),
  ];
  const names = distinctModelNames(models);
  return html`<dl>
${models.map(
  ({ id, name, description }) =>
    html`<dt>Base model</dt><dd>${names.get(id) ?? name}: ${description.architecture}, ${description.layerCount} layers, ${formatCount(description.parameterCount)} parameters; fingerprint <code>${description.fingerprint}</code></dd>`,
)}
${datasets.map(
  ({ name, description, licence }) =>
    html`<dt>Dataset</dt><dd>${name}: ${description.labels.length} labels, ${description.splits
      .map((split) => `${formatCount(split.exampleCount)} ${split.name}`)
      .join(', ')} examples${licence === null ? '' : `; licence ${licence}`}</dd>`,
)}
<dt>Computed on</dt><dd>${machines.join('; ') || 'nothing yet'}</dd>
<dt>Versions</dt><dd>CoTo Studio ${versions.studio}, Node ${versions.node}, ${versions.platform}</dd>
</dl>`;
}

function runsTable(runs: readonly RunRecord[]): SafeHtml {
  const heading = forgettingHeading(runs.map(({ result }) => result?.forgetting));
  return html`<div class="scroll"><table>
<thead><tr><th>Run</th><th>Method</th><th class="number">Seed</th><th>Status</th><th class="number">Steps</th><th class="number">Trained parameters</th><th class="number">Score</th>${heading === null ? '' : html`<th class="number">${heading}</th>`}<th class="number">Median step (ms)</th><th class="number">Mean step (ms)</th><th class="number">Layers on (%)</th></tr></thead>
<tbody>${runs.map((run) => {
    const { result, facts } = run;
    return html`<tr><th scope="row">${run.name}</th><td>${methodLabel(run)}</td><td class="number">${run.config.seed}</td><td>${run.status}</td><td class="number">${run.step}</td>
<td class="number">${facts === null ? '–' : formatCount(facts.trainableParameters)}</td><td class="number">${headlineText(result) || '–'}${run.config.eval_split === 'validation' ? ' (validation)' : ''}</td>${heading === null ? '' : html`<td class="number">${riseText(result?.forgetting?.rise)}</td>`}
<td class="number">${result === null ? '–' : formatFigure(result.medianStepMilliseconds, 'milliseconds')}</td><td class="number">${result === null ? '–' : formatFigure(result.meanStepMilliseconds, 'milliseconds')}</td><td class="number">${result === null ? '–' : formatFigure(result.meanActiveShare, 'share')}</td></tr>`;
  })}</tbody>
</table></div>`;
}

function runDetails(run: RunRecord): SafeHtml {
  return html`<details><summary>${run.name}: the whole run as a file</summary><pre>${stringify(run.config, { lineWidth: 0 })}</pre></details>`;
}
