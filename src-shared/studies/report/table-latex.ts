import type { StudyTable } from '../define-study.ts';
import { plainLatex } from './latex-text.ts';

type Shown = Pick<StudyTable, 'title' | 'columns' | 'rows' | 'notes'>;

/** Several tables as one file, to be read by \input. */
export function tablesLatex(tables: readonly Shown[]): string {
  const labels = tables.map(({ title }) => labelOf(title));
  return [
    '% In the preamble: \\usepackage{booktabs}\n',
    ...tables.map((table, at) => {
      const label = labels[at] ?? '';
      // Equal titles would be one label.
      const earlier = labels.slice(0, at).filter((other) => other === label).length;
      return tableLatex(table, earlier === 0 ? label : `${label}-${earlier + 1}`);
    }),
  ].join('\n');
}

/** A table in the style of booktabs, with its notes below. */
export function tableLatex({ title, columns, rows, notes = [] }: Shown, label = labelOf(title)): string {
  const lines = [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${plainLatex(title)}}`,
    `  \\label{tab:${label}}`,
    `  \\begin{tabular}{@{}${columns.map(({ numeric }) => (numeric ? 'r' : 'l')).join('')}@{}}`,
    '    \\toprule',
    `    ${row(columns.map((column) => column.label))}`,
    '    \\midrule',
    ...rows.map(({ cells }) => `    ${row(cells)}`),
    '    \\bottomrule',
    '  \\end{tabular}',
    ...notes.map((note) => `  \\par\\smallskip{\\footnotesize ${plainLatex(note)}\\par}`),
    '\\end{table}',
  ];
  return `${lines.join('\n')}\n`;
}

function row(cells: readonly string[]): string {
  const [first = '', ...others] = cells.map(plainLatex);
  // After \\ of the row before, a bracket would begin an option.
  return `${[first.startsWith('[') ? `{}${first}` : first, ...others].join(' & ')} \\\\`;
}

function labelOf(title: string): string {
  return (
    title
      .normalize('NFKD')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'table'
  );
}
