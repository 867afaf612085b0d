import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { conclusions } from '../../../src-shared/results/comparison.ts';
import { demoTable } from '../../../src-shared/results/demo-table.ts';
import { comparisonSides } from '../../../src-shared/results/names.ts';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { tableCsv } from '../../../src-shared/studies/table-csv.ts';
import type { InlineTypeface } from '../../../src-shared/typeface.ts';
import { writeFileAtomic } from '../../engine/tensors/atomic.ts';
import { reportFigures } from './figures.ts';
import { reportCsv, reportJson } from './files.ts';
import { commonExamples, type ReportOptions, studyWords, variantName } from './options.ts';
import { reportPage } from './page.ts';

export type { ReportOptions } from './options.ts';

/**
 * Writes runs and studies as one HTML file that needs no network and no other file, and beside it the same numbers as CSV
 * (the comparison, and each table of a study) and JSON. The HTML is written last: if it exists, the others do too.
 *
 * @throws StudioError invalid_file if the plotly bundle or the typeface is missing.
 */
export async function writeReport(options: ReportOptions): Promise<{ path: string }> {
  const createdAt = options.createdAt ?? Date.now();
  const rows = demoTable(options.runs, options.studies);
  const sides = comparisonSides(options.runs, variantName);
  const sentences = conclusions(rows, commonExamples(options.runs, options.studies), sides);
  const versions = {
    studio: packageJson.version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
  const inlined = {
    plotly: await readPlotly(options.plotlyScript),
    typeface: await readTypeface(options.fonts),
  };
  const page = reportPage(options, { rows, sides, sentences }, reportFigures(options), versions, inlined, createdAt);
  const stem = path.join(path.dirname(options.path), path.basename(options.path, path.extname(options.path)));
  await mkdir(path.dirname(options.path), { recursive: true });
  for (const [study, tables] of studyTables(options).entries())
    for (const [table, contents] of tables.entries())
      await writeFileAtomic(`${stem}-${study + 1}-${table + 1}.csv`, tableCsv(contents));
  await writeFileAtomic(`${stem}.csv`, reportCsv(rows, sides));
  await writeFileAtomic(`${stem}.json`, reportJson(options, rows, sentences, versions, createdAt));
  await writeFileAtomic(options.path, page);
  return { path: options.path };
}

function studyTables({ studies }: ReportOptions): StudyTable[][] {
  return studies.map(({ kind, config, result }) =>
    result === null ? [] : studyKind(kind).table(result, config, studyWords),
  );
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
