import type { Figure } from '../../figures/figure.ts';
import type { FigureFormat } from '../../figures/figure-files.ts';
import { plainLatex } from './latex-text.ts';

/** Figures as LaTeX sets them, with their captions: from the PGF where it was written, else from the PDF or the PNG. */
export function figuresLatex(figures: readonly Pick<Figure, 'caption'>[], formats: readonly FigureFormat[]): string {
  const format = (['pgf', 'pdf', 'png'] as const).find((candidate) => formats.includes(candidate)) ?? 'pdf';
  const head = format === 'pgf' ? '\\usepackage{pgf,graphicx}' : '\\usepackage{graphicx}';
  const convert = formats.includes(format) ? '' : '% The SVGs have to be converted to PDF first.\n';
  return [
    `% In the preamble: ${head}\n${convert}`,
    ...figures.map((figure, at) => figureLatex(figure, at + 1, format)),
  ].join('\n');
}

function figureLatex({ caption }: Pick<Figure, 'caption'>, number: number, format: 'pgf' | 'pdf' | 'png'): string {
  const file = `figure-${number}.${format}`;
  const content =
    format === 'pgf'
      ? `\\resizebox{\\linewidth}{!}{\\input{${file}}}`
      : `\\includegraphics[width=\\linewidth]{${file}}`;
  return `\\begin{figure}
  \\centering
  ${content}
  \\caption{${plainLatex(caption)}}
  \\label{fig:${number}}
\\end{figure}
`;
}
