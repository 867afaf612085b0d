import { settingsText } from '../../../src-shared/diagnosis/changes.ts';
import { severityLabels } from '../../../src-shared/domain/runs/diagnosis.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';
import type { ReportOptions } from './options.ts';

/** Findings that a report lists: a study of many runs may have the same one in each. */
const maxFindings = 50;

/** Heading of the findings in a report. */
export const diagnosisHeading = 'Diagnosis';

/** A row for each finding about the runs of a report, with its remedy; null for a report without runs. */
export function diagnosisTable({ runs, diagnoses }: ReportOptions): StudyTable | null {
  if (runs.length === 0) return null;
  const isSeveral = runs.length > 1;
  const all = runs.flatMap((run) => (diagnoses.get(run.id) ?? []).map((finding) => ({ run, finding })));
  return {
    title: 'Findings',
    columns: [
      ...(isSeveral ? [{ label: 'Run' }] : []),
      ...['Finding', 'Severity', 'Evidence', 'Fix', 'Settings'].map((label) => ({ label })),
    ],
    rows: all.slice(0, maxFindings).map(({ run, finding: { label, severity, evidence, advice, changes } }) => ({
      cells: [
        ...(isSeveral ? [run.name] : []),
        ...[label, severityLabels[severity], evidence, advice],
        changes === null ? '–' : settingsText(changes),
      ],
    })),
    notes: notesOf(runs.length, all.length),
  };
}

function notesOf(runs: number, found: number): string[] {
  if (found === 0)
    return [`${runs === 1 ? 'The record of the run shows' : `The records of ${runs} runs show`} nothing wrong.`];
  return found > maxFindings ? [`${plural(found - maxFindings, 'further finding')} not listed.`] : [];
}
