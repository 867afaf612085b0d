import { extname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { reportSectionSchema, reportSections } from '../../../src-shared/domain/app/report.ts';
import { paperSizeSchema } from '../../../src-shared/paper.ts';
import { writeFileAtomic } from '../../backend/index.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatSummary } from '../format.ts';
import { printPdf, requirePrinter } from '../printer.ts';
import { findRun, findStudy } from '../references.ts';

const formats = ['html', 'pdf', 'md', 'tex', 'csv', 'json'] as const;
const formatSchema = z.enum(formats);

export function addReportCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'report [runs...]',
    summary: 'write a report of runs and studies, with tables, figures, samples and configs',
    options: (command) =>
      void command
        .option('--study <study...>', 'studies with a result, by id or name; their runs are added')
        .option('--out <file>', `file to write: ${formats.map((format) => `.${format}`).join(', ')}`)
        .option('--pdf', 'print the report as PDF too, beside --out or as report.pdf here; needs Electron')
        .addOption(
          new Option('--paper <size>', "paper of the PDF; the country's usual size by default").choices(
            paperSizeSchema.options,
          ),
        )
        .option('--name <name>', "the report's title")
        .option('--note <text>', 'a text below the title')
        .addOption(
          new Option('--sections <section...>', 'only these parts').choices(reportSections.map(({ id }) => id)),
        )
        .addHelpText('after', '\n  coto report "LoRA, seed 1" "CoTo, seed 1" --out comparison.html\n'),
    input: z.object({
      runs: z.array(z.string()).default([]),
      study: z.array(z.string()).default([]),
      out: z.string().optional(),
      pdf: z.boolean().default(false),
      paper: paperSizeSchema.optional(),
      name: z.string().optional(),
      note: z.string().optional(),
      sections: z.array(reportSectionSchema).min(1).optional(),
    }),
    async run({ runs, study, out, pdf, paper = null, ...wishes }, { terminal, environment, withStudio }) {
      const format = out === undefined ? null : formatOf(out);
      const pdfFile = format === 'pdf' ? out : pdf ? pdfBeside(out) : undefined;
      if (pdfFile !== undefined) requirePrinter(environment);
      return withStudio(async (client) => {
        const runIds: string[] = [];
        for (const reference of runs) runIds.push((await findRun(client, reference)).id);
        const studyIds: string[] = [];
        for (const reference of study) studyIds.push((await findStudy(client, reference)).id);
        const job = await client.request('reports.create', { runIds, studyIds, ...wishes });
        await followJob(client, job, terminal);
        const { reportId } = await jobResult(client, job, 'report');
        const report = await client.request('reports.get', { id: reportId });
        const written = out === undefined || format === null || format === 'pdf' ? null : resolve(out);
        if (written !== null) {
          const files = await client.request('reports.files', { id: reportId });
          const file = files.find(({ name }) => name === `report.${format}`);
          if (file === undefined) throw new StudioError('internal', `The report has no file report.${format}.`);
          await writeFileAtomic(written, file.text);
        }
        const printed = pdfFile === undefined ? null : resolve(pdfFile);
        if (printed !== null) {
          terminal.note('Printing the PDF …\n');
          await printPdf(report.path, printed, environment, paper);
        }
        const all = [written, printed].filter((file) => file !== null);
        return {
          json: { ...report, written: written ?? printed, pdf: printed },
          text: formatSummary([['report', report.path], ...all.map((file) => ['written', file] as const)]),
        };
      });
    },
  });
}

/** The format that a file's ending names. */
function formatOf(file: string): (typeof formats)[number] {
  const ending = extname(file).slice(1).toLowerCase();
  const known = formatSchema.safeParse(ending);
  if (known.success) return known.data;
  throw new StudioError(
    'invalid_input',
    `${file} ends in ${ending === '' ? 'nothing that names a format' : `.${ending}`}, which is no format of a report.`,
    `Choose one of ${formats.map((format) => `.${format}`).join(', ')}.`,
  );
}

/** "comparison.html" → "comparison.pdf". */
function pdfBeside(out: string | undefined): string {
  return out === undefined ? 'report.pdf' : `${out.slice(0, -extname(out).length)}.pdf`;
}
