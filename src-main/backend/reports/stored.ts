import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ReportFile, ReportRecord, ReportSummary } from '../../../src-shared/domain/app/report.ts';
import { tableUnitSchema } from '../../../src-shared/results/comparison-row.ts';
import type { Home } from '../home/home.ts';

/** Extensions of the files of a report. */
const extensions = new Set(['.html', '.csv', '.json', '.md', '.tex']);

/** Fields of report.json that are read again. Reports of earlier versions do not name the two sides. */
const storedSchema = z.object({
  conclusions: z.array(z.string()),
  sides: z.object({ without: z.string(), coto: z.string() }).default({ without: 'LoRA', coto: 'LoRA + CoTo' }),
  table: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      unit: tableUnitSchema,
      better: z.enum(['higher', 'lower']).nullable(),
      lora: z.object({ mean: z.number().nullable() }),
      coto: z.object({ mean: z.number().nullable() }),
      difference: z.object({ n: z.number().int(), mean: z.number(), halfWidth: z.number().nullable() }).nullable(),
    }),
  ),
});

/** The page without its scripts and without the policy that allows only those: the window draws its figures. */
export async function readPage(home: Home, report: ReportRecord): Promise<{ html: string }> {
  const page = await readPart(home, report, report.path);
  return {
    html: page
      .replace(/<script>[\s\S]*?<\/script>\n?/g, '')
      .replace(/<meta http-equiv="Content-Security-Policy"[^>]*>\n?/, ''),
  };
}

/** Reads the findings of a report, from the numbers beside it. */
export async function readSummary(home: Home, report: ReportRecord): Promise<ReportSummary> {
  const text = await readPart(home, report, report.path.replace(/\.html$/, '.json'));
  const { conclusions, sides, table } = storedSchema.parse(JSON.parse(text));
  return {
    findings: conclusions,
    sides,
    rows: table.map(({ lora, coto, ...row }) => ({ ...row, without: lora.mean, coto: coto.mean })),
  };
}

/** Every file of the report, the page first. */
export async function readReportFiles(home: Home, report: ReportRecord): Promise<ReportFile[]> {
  const folder = reportFolder(home, report);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw missing(report);
  });
  const names = entries
    .filter((entry) => entry.isFile() && extensions.has(path.extname(entry.name)))
    .map(({ name }) => name)
    .sort((left, right) => Number(right.endsWith('.html')) - Number(left.endsWith('.html')) || (left < right ? -1 : 1));
  return Promise.all(
    names.map(async (name) => ({ name, text: await readPart(home, report, path.join(folder, name)) })),
  );
}

async function readPart(home: Home, report: ReportRecord, file: string): Promise<string> {
  const own = home.absolute(home.relative(file));
  try {
    return await readFile(own, 'utf8');
  } catch {
    throw missing(report);
  }
}

/** Returns the folder of a report. @throws StudioError refused if it is a link */
export function reportFolder(home: Home, { id }: Pick<ReportRecord, 'id'>): string {
  return home.absolute('reports', id);
}

function missing({ name, path: file }: ReportRecord): StudioError {
  return new StudioError(
    'not_found',
    `The files of the report "${name}" are no longer at ${file}.`,
    'Create the report again.',
  );
}
