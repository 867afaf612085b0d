import { expect, test } from 'vitest';
import { figuresLatex } from '../../../../src-shared/studies/report/figures-latex.ts';

const figures = [{ caption: 'Accuracy of 50 % zeroed, λ = 1.' }, { caption: 'A & B' }];

test('figures are set from what was written, with their captions', () => {
  expect(figuresLatex(figures, ['svg', 'pdf'])).toBe(`% In the preamble: \\usepackage{graphicx}

\\begin{figure}
  \\centering
  \\includegraphics[width=\\linewidth]{figure-1.pdf}
  \\caption{Accuracy of 50 \\% zeroed, $\\lambda$ = 1.}
  \\label{fig:1}
\\end{figure}

\\begin{figure}
  \\centering
  \\includegraphics[width=\\linewidth]{figure-2.pdf}
  \\caption{A \\& B}
  \\label{fig:2}
\\end{figure}
`);
  expect(figuresLatex(figures, ['png', 'pgf'])).toContain('\\resizebox{\\linewidth}{!}{\\input{figure-1.pgf}}');
  expect(figuresLatex(figures, ['svg'])).toContain('have to be converted to PDF first');
});
