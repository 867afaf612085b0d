import type { StudyTable } from './define-study.ts';
import type { ProvenanceFact } from './provenance-facts.ts';

/** A study as Markdown (GitHub's tables): how it was made, then its tables with their notes. */
export function studyMarkdown(
  name: string,
  facts: readonly ProvenanceFact[],
  tables: readonly Pick<StudyTable, 'title' | 'columns' | 'rows' | 'notes'>[],
): string {
  return [
    `# ${plain(name)}`,
    facts.map(({ label, value }) => `- ${plain(label)}: ${plain(value)}`).join('\n'),
    ...tables.flatMap(({ title, columns, rows, notes = [] }) => [
      `## ${plain(title)}`,
      [
        line(columns.map(({ label }) => label)),
        line(columns.map(({ numeric }) => (numeric ? '--:' : ':--'))),
        ...rows.map(({ cells }) => line(cells)),
      ].join('\n'),
      ...notes.map(plain),
    ]),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => plain(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

/** On one line, with nothing that Markdown would take for markup. */
function plain(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/[\\`*_<]/g, '\\$&');
}
