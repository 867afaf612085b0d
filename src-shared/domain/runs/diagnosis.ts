import { z } from 'zod';

/** Severities of findings, the worst first. */
export const severities = ['problem', 'warning', 'note'] as const;

/** Names of the severities in documents, which are English. */
export const severityLabels: Readonly<Record<(typeof severities)[number], string>> = {
  problem: 'Problem',
  warning: 'Warning',
  note: 'Note',
};

/** A finding about a run, as the window, the command and reports show it. */
export const diagnosedFindingSchema = z.object({
  id: z.string(),
  label: z.string(),
  severity: z.enum(severities),
  evidence: z.string().describe('one sentence with the numbers that the finding is based on'),
  advice: z.string().describe('one sentence on what to do'),
  changes: z
    .record(
      z.string(),
      z.union([z.number(), z.string(), z.boolean(), z.null(), z.array(z.union([z.number(), z.string()]))]),
    )
    .nullable()
    .describe(
      'settings of a run that carries the advice out, those of the adapter as adapter.<key>; null: no setting does',
    ),
  dataSteps: z.string().nullable().describe('steps of the dataset that carry the advice out, in their notation'),
  opens: z.literal('dataset').nullable().describe('where the advice is carried out, if not by settings of a run'),
});
export type DiagnosedFinding = z.infer<typeof diagnosedFindingSchema>;
