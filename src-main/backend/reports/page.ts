import { createHash } from 'node:crypto';
import path from 'node:path';
import { stringify } from 'yaml';
import type { TunedVerdict } from '../../../src-shared/domain/runs/tuned.ts';
import { formatDifference, rowDifference } from '../../../src-shared/results/comparison.ts';
import { formatFigure, type TableCell, type TableRow, unitLabels } from '../../../src-shared/results/comparison-row.ts';
import type { ComparisonSides } from '../../../src-shared/results/names.ts';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import {
  type ProvenanceFact,
  provenanceFacts,
  studyCommand,
} from '../../../src-shared/studies/report/provenance-facts.ts';
import type { InlineTypeface } from '../../../src-shared/typeface.ts';
import { studyWords } from '../studies/study-words.ts';
import { comparisonNote } from './comparison-table.ts';
import type { ReportContent } from './content.ts';
import type { ReportFigure } from './figures.ts';
import { html, type SafeHtml, scriptJson, scriptText } from './html.ts';
import type { ReportOptions } from './options.ts';
import { drawScript, paperScript, styleSheet } from './page-assets.ts';
import { samplesSection } from './samples.ts';
import { differencesTable, type ReportVersions, runsTable, setupFacts, stateLine } from './setup.ts';

interface Inlined {
  readonly plotly: string;
  readonly typeface: InlineTypeface;
}

/** The report as one self-contained page. All names from users or files are escaped. */
export function reportPage(
  options: ReportOptions,
  content: ReportContent,
  figures: readonly ReportFigure[],
  versions: ReportVersions,
  inlined: Inlined,
  createdAt: number,
): string {
  const has = (section: ReportOptions['sections'][number]) => options.sections.includes(section);
  const drawing = figures.length === 0 ? [] : [scriptText(inlined.plotly), scriptText(drawScript)];
  const scripts = [scriptText(paperScript), ...drawing];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts)}">
<title>${options.name}</title>
<style>${{ html: styleSheet(inlined.typeface) }}</style>
</head>
<body>
<main>
<header>
<h1>${options.name}</h1>
<p class="quiet">${stateLine(options, createdAt)}</p>
${paragraphs(options.note)}
</header>
${has('summary') ? summarySection(content) : html``}
${has('results') ? resultSections(options, content) : html``}
${figures.length > 0 ? figuresSection(figures) : html``}
${has('samples') ? samplesSection(options, content) : html``}
${has('setup') ? setupSection(options, content, versions) : html``}
${has('configs') ? configsSection(options) : html``}
</main>
<script type="application/json" id="figure-data">${scriptJson(figures)}</script>
${scripts.map((script) => html`<script>${script}</script>\n`)}</body>
</html>
`;
  return page.html;
}

/** Allows the page's own scripts, by their hashes, and nothing from elsewhere. */
function contentPolicy(scripts: readonly SafeHtml[]): SafeHtml {
  const hashes = scripts.map(({ html: code }) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`);
  return {
    html: `default-src 'none'; script-src ${hashes.join(' ')}; style-src 'unsafe-inline'; font-src data:; img-src data: blob:`,
  };
}

function paragraphs(text: string): SafeHtml {
  const parts = text.split(/\n{2,}/).filter((part) => part.trim() !== '');
  return html`${parts.map((part) => html`<p class="note">${part}</p>`)}`;
}

function summarySection({ findings }: ReportContent): SafeHtml {
  if (findings.length === 0) return html``;
  return html`<section>
<h2>Summary</h2>
<ul class="findings">${findings.map((finding) => html`<li>${finding}</li>`)}</ul>
</section>`;
}

/** The badge "tuned" or "untuned" beside a comparison, with what it rests on. */
function tunedNote(verdict: TunedVerdict | null): SafeHtml {
  if (verdict === null) return html``;
  return html`<p class="quiet"><strong>${verdict.tuned ? 'Tuned.' : 'Untuned.'}</strong> ${verdict.reason}</p>`;
}

function resultSections(options: ReportOptions, content: ReportContent): SafeHtml {
  const { rows, sides, own, studyParts } = content;
  const tuned = tunedNote(options.tuned.runs);
  const first =
    rows.length > 0
      ? comparisonSection(rows, sides, tuned)
      : own === null
        ? html``
        : html`<section>
<h2>${own.heading}</h2>
${own.tables.map(tableHtml)}
${tuned}
</section>`;
  return html`${first}
${studyParts.map(({ heading, tables }, at) => studySection(heading, tables, at, options))}`;
}

/** @param at place of the study among those of the report, from 0; its tables' files are numbered by it */
function studySection(
  heading: string,
  tables: readonly StudyTable[],
  at: number,
  { path: file, studies, tuned, datasets, models }: ReportOptions,
): SafeHtml {
  const study = studies[at];
  if (study === undefined || study.result === null) return html``;
  const recordName = (id: string) => [...datasets, ...models].find((one) => one.id === id)?.name ?? id;
  const facts = studyKind(study.kind).describeConfig(study.config, { ...studyWords, recordName });
  const stem = path.basename(file, path.extname(file));
  const names = tables.map((_, table) => `${stem}-${at + 1}-${table + 1}.csv`);
  return html`<section>
<h2>${heading}</h2>
<p class="quiet">${facts.map(({ label, value }) => html`${label}: ${value}. `)}${study.result.examples} test examples.</p>
${tunedNote(tuned.studies.get(study.id) ?? null)}
${tables.map(tableHtml)}
${names.length === 0 ? html`` : html`<p class="quiet">Data: ${[...names, `${stem}.json`].join(', ')} (in the report folder)</p>`}
</section>`;
}

function tableHtml({ title, columns, rows, notes = [] }: StudyTable): SafeHtml {
  const cell = (text: string, at: number) =>
    columns[at]?.numeric === true ? html`<td class="number">${text}</td>` : html`<td>${text}</td>`;
  return html`<div class="scroll"><table><caption>${title}</caption>
<thead><tr>${columns.map(({ label, numeric }) => html`<th class="${numeric === true ? 'number' : ''}">${label}</th>`)}</tr></thead>
<tbody>${rows.map(({ cells }) => html`<tr>${cells.map(cell)}</tr>`)}</tbody>
</table></div>
${notes.map((note) => html`<p class="quiet">– ${note}</p>`)}`;
}

function figuresSection(figures: readonly ReportFigure[]): SafeHtml {
  return html`<section>
<h2>Figures</h2>
<noscript><p>The figures are drawn by a script inside this file, which is switched off here. Their numbers are in the tables above and in the files beside this one.</p></noscript>
<div class="figures">${figures.map(({ id, light }) => html`<figure><div class="plot" id="${id}"></div><figcaption>${light.caption}</figcaption></figure>`)}</div>
</section>`;
}

function setupSection(options: ReportOptions, content: ReportContent, versions: ReportVersions): SafeHtml {
  const { runs, studies } = options;
  const differences = differencesTable(content);
  return html`<section>
<h2>Setup</h2>
${factList(setupFacts(options, versions))}
${runs.length === 0 ? html`` : tableHtml(runsTable(options))}
${differences === null ? html`` : tableHtml(differences)}
${studies.map(({ name, provenance }) => html`<details><summary>${name}: how it was made</summary>${factList(provenanceFacts(provenance))}</details>`)}
</section>`;
}

function factList(facts: readonly ProvenanceFact[]): SafeHtml {
  return html`<dl>${facts.map(({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`;
}

function configsSection({ runs, studies, studyYaml }: ReportOptions): SafeHtml {
  return html`<section>
<h2>Configs</h2>
${studies.map(({ id, name }) => {
  const yaml = studyYaml.get(id);
  return yaml === undefined
    ? html``
    : html`<details><summary>${name}: study.yaml</summary><p>This command makes it again from the file below it:</p><pre>${studyCommand}</pre><pre>${yaml}</pre></details>`;
})}
${runs.map((run) => html`<details><summary>${run.name}: run.yaml</summary><pre>${stringify(run.config, { lineWidth: 0 })}</pre></details>`)}
</section>`;
}

/** Every quantity with and without CoTo, its means in bold. */
function comparisonSection(rows: readonly TableRow[], sides: ComparisonSides, tuned: SafeHtml): SafeHtml {
  return html`<section>
<h2>With and without CoTo</h2>
<div class="scroll"><table>
<thead><tr><th>Metric</th><th>Unit</th><th class="number">${sides.without}</th><th class="number">${sides.coto}</th><th class="number">Difference</th></tr></thead>
<tbody>${rows.map(resultRow)}</tbody>
</table></div>
${tuned}
<p class="quiet">Bold: ${comparisonNote.charAt(0).toLowerCase()}${comparisonNote.slice(1)}</p>
</section>`;
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
