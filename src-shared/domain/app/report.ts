import { z } from 'zod';
import { tableUnitSchema } from '../../results/comparison-row.ts';

/** A part of a report that can be left out. */
export interface ReportSection {
  readonly id: string;
  readonly label: string;
  readonly help: string;
}

/** Every part of a report, in reading order. */
export const reportSections = [
  { id: 'summary', label: 'Summary', help: 'Findings in sentences' },
  { id: 'results', label: 'Results', help: 'Tables: comparison with intervals, and those of each study' },
  { id: 'figures', label: 'Figures', help: 'Results, curves, step times and active layers' },
  { id: 'diagnosis', label: 'Diagnosis', help: 'What went wrong in each run, with the numbers and the fix' },
  {
    id: 'samples',
    label: 'Samples',
    help: 'Sample answers of one run of each config at its evaluations',
  },
  { id: 'setup', label: 'Setup', help: 'Base model, dataset, versions, hashes, how each study was made' },
  { id: 'configs', label: 'Configs', help: 'Files (YAML) that reproduce each run and study' },
] as const satisfies readonly ReportSection[];

export const reportSectionSchema = z.enum(reportSections.map(({ id }) => id));
export type ReportSectionId = z.infer<typeof reportSectionSchema>;

/** Contents of a report. */
export const reportRequestSchema = z.strictObject({
  runIds: z.array(z.string()).default([]).describe('runs to report, compared by their settings'),
  studyIds: z.array(z.string()).default([]).describe('finished studies; their runs are added'),
  name: z.string().trim().min(1).optional(),
  note: z.string().trim().default('').describe('a text below the title'),
  sections: z
    .array(reportSectionSchema)
    .min(1)
    .default(reportSections.map(({ id }) => id)),
});
export type ReportRequest = z.output<typeof reportRequestSchema>;

export const reportRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  note: z.string(),
  path: z.string().describe('absolute path of the HTML file'),
  runIds: z.array(z.string()),
  studyIds: z.array(z.string()),
  createdAt: z.number(),
});
export type ReportRecord = z.infer<typeof reportRecordSchema>;

/** A file that a report can be saved as. */
export const reportFileSchema = z.object({ name: z.string(), text: z.string() });
export type ReportFile = z.infer<typeof reportFileSchema>;

/** Result of a report: its sentences, and each metric with and without CoTo. */
export const reportSummarySchema = z.object({
  findings: z.array(z.string()),
  sides: z.object({ without: z.string(), coto: z.string() }),
  rows: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      unit: tableUnitSchema,
      better: z.enum(['higher', 'lower']).nullable(),
      without: z.number().nullable().describe('mean'),
      coto: z.number().nullable().describe('mean'),
      difference: z
        .object({
          n: z.number().int(),
          mean: z.number(),
          halfWidth: z.number().nullable().describe('of the 95 % interval'),
        })
        .nullable()
        .describe('with minus without, paired by seed'),
    }),
  ),
});
export type ReportSummary = z.infer<typeof reportSummarySchema>;
