import type { StudyTable } from '../define-study.ts';
import type { ProvenanceFact } from './provenance-facts.ts';

/** A study as Markdown (GitHub's tables): how it was made, then its tables with their notes. */
export function studyMarkdown(
  name: string,
  facts: readonly ProvenanceFact[],
  tables: readonly Pick<StudyTable, 'title' | 'columns' | 'rows' | 'notes'>[],
): string {
  return [
    `# ${plainMarkdown(name)}`,
    facts.map(({ label, value }) => `- ${plainMarkdown(label)}: ${plainMarkdown(value)}`).join('\n'),
    ...tables.flatMap((table) => markdownTable(table)),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n');
}

/** The parts of a table: heading, table, notes; an empty line belongs between them. */
export function markdownTable({
  title,
  columns,
  rows,
  notes = [],
}: Pick<StudyTable, 'title' | 'columns' | 'rows' | 'notes'>): string[] {
  return [
    `## ${plainMarkdown(title)}`,
    [
      line(columns.map(({ label }) => label)),
      line(columns.map(({ numeric }) => (numeric ? '--:' : ':--'))),
      ...rows.map(({ cells }) => line(cells)),
    ].join('\n'),
    ...notes.map(plainMarkdown),
  ];
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => plainMarkdown(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

/** On one line, with nothing that Markdown would take for markup. */
export function plainMarkdown(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/[\\`*_<]/g, '\\$&');
}
