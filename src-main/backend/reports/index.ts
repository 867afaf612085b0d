import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { tableCsv } from '../../../src-shared/studies/report/table-csv.ts';
import { tablesLatex } from '../../../src-shared/studies/report/table-latex.ts';
import type { InlineTypeface } from '../../../src-shared/typeface.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { reportContent } from './content.ts';
import { reportFigures } from './figures.ts';
import { reportCsv, reportJson } from './files.ts';
import { reportMarkdown } from './markdown.ts';
import type { ReportOptions } from './options.ts';
import { reportPage } from './page.ts';

export type { ReportOptions } from './options.ts';

/**
 * Writes runs and studies as one HTML file that needs no network and no other file, and beside it the same numbers as CSV
 * (the comparison, and each table of a study), JSON, Markdown and LaTeX. The HTML is written last: if it exists, the others do
 * too.
 *
 * @throws StudioError invalid_file if the plotly bundle or the typeface is missing.
 */
export async function writeReport(options: ReportOptions): Promise<{ path: string }> {
  const createdAt = options.createdAt ?? Date.now();
  const content = reportContent(options);
  const versions = {
    studio: packageJson.version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
  const inlined = {
    plotly: await readPlotly(options.plotlyScript),
    typeface: await readTypeface(options.fonts),
  };
  const figures = options.sections.includes('figures') ? reportFigures(options, content) : [];
  const page = reportPage(options, content, figures, versions, inlined, createdAt);
  const stem = path.join(path.dirname(options.path), path.basename(options.path, path.extname(options.path)));
  await mkdir(path.dirname(options.path), { recursive: true });
  for (const [study, { tables, files = tables }] of content.studyParts.entries())
    for (const [table, contents] of files.entries())
      await writeFileAtomic(`${stem}-${study + 1}-${table + 1}.csv`, tableCsv(contents));
  await writeFileAtomic(`${stem}.csv`, reportCsv(content));
  await writeFileAtomic(`${stem}.json`, reportJson(options, content, versions, createdAt));
  const parts = [...(content.own === null ? [] : [content.own]), ...content.studyParts];
  await writeFileAtomic(`${stem}.tex`, tablesLatex(parts.flatMap(({ tables }) => tables)));
  await writeFileAtomic(`${stem}.md`, reportMarkdown(options, content, versions, createdAt));
  await writeFileAtomic(options.path, page);
  return { path: options.path };
}

async function readPlotly(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new StudioError(
      'invalid_file',
      `The script that draws a report's figures is missing: ${file}.`,
      'Build the studio (npm run build), then write the report again.',
    );
  }
}

async function readTypeface(folder: string): Promise<InlineTypeface> {
  const read = (name: string) => readFile(path.join(folder, name), 'base64');
  try {
    return { text: await read('inter-report.woff2'), digits: await read('inter-digits.woff2') };
  } catch {
    throw new StudioError(
      'invalid_file',
      `The typeface of reports is missing: ${folder}.`,
      'Install the studio again, then write the report again.',
    );
  }
}
