import { z } from 'zod';
import {
  reportFileSchema,
  reportRecordSchema,
  reportRequestSchema,
  reportSummarySchema,
} from '../domain/app/report.ts';
import { jobRecordSchema } from '../domain/jobs/job.ts';
import { byId, done, nothing, removal } from './request-shapes.ts';

/** Requests about reports, as `requests` lists them. */
export const reportRequests = {
  /** Writes runs, compared by their settings, and finished studies into one HTML file. */
  'reports.create': { input: reportRequestSchema, output: jobRecordSchema },
  /** The newest first. */
  'reports.list': { input: nothing, output: z.array(reportRecordSchema) },
  'reports.get': { input: byId, output: reportRecordSchema },
  /** The report's page without its scripts, for the window to show. */
  'reports.page': { input: byId, output: z.object({ html: z.string() }) },
  /** Summarizes the report from its own numbers. */
  'reports.summary': { input: byId, output: reportSummarySchema },
  /** The report as HTML, CSV, JSON and Markdown, and each table of a study as CSV. */
  'reports.files': { input: byId, output: z.array(reportFileSchema) },
  /** Its files keep the title that they were written with. */
  'reports.rename': { input: z.strictObject({ id: z.string(), name: z.string().min(1) }), output: reportRecordSchema },
  'reports.remove': { input: removal, output: done },
} as const;
