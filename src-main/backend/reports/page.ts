import { createHash } from 'node:crypto';
import path from 'node:path';
import { stringify } from 'yaml';
import { type TunedVerdict, tunedStates } from '../../../src-shared/domain/runs/tuned.ts';
import { titled } from '../../../src-shared/format/mid-sentence.ts';
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
import { diagnosisHeading, diagnosisTable } from './diagnosis.ts';
import type { ReportFigure } from './figures.ts';
import { html, type PagePart, type SafeHtml, scriptJson, scriptText } from './html.ts';
import type { ReportOptions } from './options.ts';
import { drawScript, paperScript, styleSheet } from './page-assets.ts';
import { samplesPart } from './samples.ts';
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
  const [first, ...others] = figures;
  const untuned = new Set<string>();
  const parts = [
    ...(has('summary') ? summaryPart(content) : []),
    ...(has('results') ? resultParts(options, content, untuned) : []),
    ...(others.length > 0 ? [figuresPart(others)] : []),
    ...(has('diagnosis') ? diagnosisPart(options) : []),
    ...(has('samples') ? samplesPart(options, content) : []),
    ...(has('setup') ? [setupPart(options, content, versions)] : []),
    ...(has('configs') ? [configsPart(options)] : []),
  ];
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
${has('summary') && content.lead !== null ? html`<p class="lead">${content.lead}</p>` : html``}
${first === undefined ? html`` : html`<noscript><p>${noScript}</p></noscript>${figureHtml(first)}`}
${contents(parts)}
${parts.map(({ heading, html: body }, at) => html`<section id="${partId(at)}">\n<h2>${heading}</h2>\n${body}</section>\n`)}</main>
<script type="application/json" id="figure-data">${scriptJson(figures)}</script>
${scripts.map((script) => html`<script>${script}</script>\n`)}</body>
</html>
`;
  return page.html;
}

const partId = (at: number) => `part-${at + 1}`;

/** Links to the parts; a PDF has the same as its outline. */
function contents(parts: readonly PagePart[]): SafeHtml {
  if (parts.length < 2) return html``;
  return html`<nav aria-label="Contents"><ol>${parts.map(({ heading }, at) => html`<li><a href="#${partId(at)}">${heading}</a></li>`)}</ol></nav>`;
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

function summaryPart({ findings }: ReportContent): PagePart[] {
  if (findings.length === 0) return [];
  const list = findings.map((finding) => html`<li>${finding}</li>`);
  return [{ heading: 'Summary', html: html`<ul class="findings">${list}</ul>\n` }];
}

/**
 * The state of the learning rates of a comparison, with its reason.
 * @param given the reasons that are on the page already, which are not repeated; this one is added
 */
function tunedNote(verdict: TunedVerdict | null, given: Set<string>): SafeHtml {
  if (verdict === null) return html``;
  const { state, reason } = verdict;
  const isGiven = given.has(reason);
  given.add(reason);
  return html`<p class="quiet"><strong>${titled(tunedStates[state])}.</strong> ${isGiven ? 'The reason is the same as above.' : reason}</p>`;
}

function resultParts(options: ReportOptions, content: ReportContent, untuned: Set<string>): PagePart[] {
  const { rows, sides, own, studyParts } = content;
  const tuned = own === null ? html`` : tunedNote(options.tuned.runs, untuned);
  const first =
    rows.length > 0
      ? [comparisonPart(rows, sides, tuned, own?.tables.slice(1) ?? [])]
      : own === null
        ? []
        : [{ heading: own.heading, html: html`${own.tables.map(tableHtml)}\n${tuned}\n` }];
  return [
    ...first,
    ...studyParts.flatMap(({ heading, tables }, at) => studyPart(heading, tables, at, options, untuned)),
  ];
}

/** @param at place of the study among those of the report, from 0; its tables' files are numbered by it */
function studyPart(
  heading: string,
  tables: readonly StudyTable[],
  at: number,
  { path: file, studies, tuned, datasets, models }: ReportOptions,
  untuned: Set<string>,
): PagePart[] {
  const study = studies[at];
  if (study === undefined || study.result === null) return [];
  const recordName = (id: string) => [...datasets, ...models].find((one) => one.id === id)?.name ?? id;
  const facts = studyKind(study.kind).describeConfig(study.config, { ...studyWords, recordName });
  const stem = path.basename(file, path.extname(file));
  const names = tables.map((_, table) => `${stem}-${at + 1}-${table + 1}.csv`);
  const body = html`<p class="quiet">${facts.map(({ label, value }) => html`${label}: ${value}. `)}${study.result.examples} test examples.</p>
${tunedNote(tuned.studies.get(study.id) ?? null, untuned)}
${tables.map(tableHtml)}
${names.length === 0 ? html`` : html`<p class="quiet">Data: ${[...names, `${stem}.json`].join(', ')} (in the report folder)</p>`}
`;
  return [{ heading, html: body }];
}

function tableHtml({ title, columns, rows, notes = [] }: StudyTable): SafeHtml {
  const cell = (text: string, at: number) =>
    columns[at]?.numeric === true ? html`<td class="number">${unbroken(text)}</td>` : html`<td>${unbroken(text)}</td>`;
  return html`<div class="scroll"><table><caption>${title}</caption>
<thead><tr>${columns.map(({ label, numeric }) => html`<th class="${numeric === true ? 'number' : ''}">${label}</th>`)}</tr></thead>
<tbody>${rows.map(({ cells }) => html`<tr>${cells.map(cell)}</tr>`)}</tbody>
</table></div>
${notes.map((note) => html`<p class="quiet">– ${note}</p>`)}`;
}

/** Keeps a number and its percent sign on one line, also in a narrow column of a printed page. */
function unbroken(text: string): string {
  return text.replaceAll(/(?<=\d) (?=%)/g, '\u00a0');
}

const noScript =
  'The figures are drawn by a script inside this file, which is switched off here. Their numbers are in the tables and in the files beside this one.';

function figureHtml({ id, light }: ReportFigure): SafeHtml {
  return html`<figure><div class="plot" id="${id}"></div><figcaption>${light.caption}</figcaption></figure>`;
}

function figuresPart(figures: readonly ReportFigure[]): PagePart {
  return { heading: 'Figures', html: html`<div class="figures">${figures.map(figureHtml)}</div>\n` };
}

function diagnosisPart(options: ReportOptions): PagePart[] {
  const table = diagnosisTable(options);
  if (table === null) return [];
  const notes = (table.notes ?? []).map((note) => html`<p>${note}</p>`);
  return [{ heading: diagnosisHeading, html: table.rows.length === 0 ? html`${notes}` : tableHtml(table) }];
}

function setupPart(options: ReportOptions, content: ReportContent, versions: ReportVersions): PagePart {
  const { runs, studies } = options;
  const differences = differencesTable(content);
  const body = html`${factList(setupFacts(options, versions))}
${runs.length === 0 ? html`` : tableHtml(runsTable(options))}
${differences === null ? html`` : tableHtml(differences)}
${studies.map(({ name, provenance }) => html`<details><summary>${name}: how it was made</summary>${factList(provenanceFacts(provenance))}</details>`)}
`;
  return { heading: 'Setup', html: body };
}

function factList(facts: readonly ProvenanceFact[]): SafeHtml {
  return html`<dl>${facts.map(({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`;
}

function configsPart({ runs, studies, studyYaml }: ReportOptions): PagePart {
  const body = html`<div class="configs">${studies.map(({ id, name }) => {
    const yaml = studyYaml.get(id);
    return yaml === undefined
      ? html``
      : html`<details><summary>${name}: study.yaml</summary><p>This command makes it again from the file below it:</p><pre>${studyCommand}</pre><pre>${yaml}</pre></details>`;
  })}
${runs.map((run) => html`<details><summary>${run.name}: run.yaml</summary><pre>${stringify(run.config, { lineWidth: 0 })}</pre></details>`)}
</div>
`;
  return { heading: 'Configs', html: body };
}

/** Every quantity with and without CoTo, its means in bold. */
function comparisonPart(
  rows: readonly TableRow[],
  sides: ComparisonSides,
  tuned: SafeHtml,
  further: readonly StudyTable[],
): PagePart {
  const body = html`<div class="scroll"><table>
<thead><tr><th>Metric</th><th>Unit</th><th class="number">${sides.without}</th><th class="number">${sides.coto}</th><th class="number">Difference</th></tr></thead>
<tbody>${rows.map(resultRow)}</tbody>
</table></div>
${tuned}
<p class="quiet">↑ higher is better, ↓ lower is better. Bold: ${comparisonNote.charAt(0).toLowerCase()}${comparisonNote.slice(1)}</p>
${further.map(tableHtml)}
`;
  return { heading: 'With and without CoTo', html: body };
}

function resultRow(row: TableRow): SafeHtml {
  const difference = rowDifference(row);
  const better = row.better === null ? '' : row.better === 'higher' ? ' ↑' : ' ↓';
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
