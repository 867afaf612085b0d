import { plural } from '../components/format/format.ts';

/** "4 runs, 1 study" */
function contents(runs: number, studies: number): string {
  const parts = [
    ...(runs > 0 ? [plural(runs, 'run')] : []),
    ...(studies > 0 ? [plural(studies, 'study', 'studies')] : []),
  ];
  return parts.join(', ') || '–';
}

/** The window's words about reports. */
export const reportsStrings = {
  title: 'Reports',
  count: (count: number) => plural(count, 'report'),
  empty:
    'No reports yet. A report is one self-contained file with figures, tables, configs, seeds and hashes. Create one here, or from a run, a comparison or a finished study.',
  tryDemo: 'Try the demo study',
  contents,
  create: 'Create report',
  dialog: {
    title: 'Create report',
    name: 'Title',
    note: 'Note',
    notePlaceholder: 'What was asked, what it shows (optional)',
    sections: 'Sections',
    action: 'Create report',
    nothing: 'Choose at least one section.',
    noSource: 'Choose a study or a run.',
    studies: 'Studies',
    runs: 'Runs',
    noMatch: 'Nothing matches.',
    of: (runs: number, studies: number) => `Of ${contents(runs, studies)}.`,
  },
  failed: 'The report was not created',
  openInBrowser: 'Open in browser',
  notOpened: 'The report was not opened',
  export: 'Export',
  exportAs: { html: 'HTML', pdf: 'PDF', csv: 'CSV', json: 'JSON', md: 'Markdown', tex: 'LaTeX tables' },
  exported: 'Report exported',
  noFormat: (format: string) => `This report has no ${format}: it was written by an earlier version.`,
  more: (name: string) => `More for ${name}`,
  columns: { name: 'Name', of: 'Of', created: 'Created' },
  notExported: 'The report was not exported',
  showInFolder: 'Show in folder',
  rename: {
    item: 'Rename…',
    title: 'Rename report',
    label: 'Name',
    confirm: 'Rename',
    cancel: 'Cancel',
    failed: 'The report was not renamed',
  },
  remove: 'Delete',
  removed: (name: string) => `Deleted "${name}"`,
  notRemoved: 'The report was not deleted',
  removeConsequence: 'Deletes its files. Runs and studies are kept.',
  frame: (name: string) => `Report "${name}"`,
  choose: 'Choose a report to read it here.',
  gone: 'This report no longer exists.',
  removeQuestion: (name: string) => `Delete the report "${name}"?`,
} as const;
