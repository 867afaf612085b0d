import { expect, test } from 'vitest';
import { hasLatex, plainLatex } from '../../../../src-shared/studies/report/latex-text.ts';
import { tableLatex, tablesLatex } from '../../../../src-shared/studies/report/table-latex.ts';
import { appSources, literalsOf } from '../../../docs/id-literals.ts';

const table = {
  title: 'Accuracy (%)',
  columns: [{ label: 'Cell' }, { label: 'Mean', numeric: true }],
  rows: [{ cells: ['a & b_1', '70.5'] }, { cells: ['[x]', '−1.2'] }],
  notes: ['ΔW ± 2 ≥ 50 %'],
};

test('a table is set in the style of booktabs, with its notes below', () => {
  expect(tableLatex(table)).toBe(`\\begin{table}
  \\centering
  \\caption{Accuracy (\\%)}
  \\label{tab:accuracy}
  \\begin{tabular}{@{}lr@{}}
    \\toprule
    Cell & Mean \\\\
    \\midrule
    a \\& b\\_1 & 70.5 \\\\
    {}[x] & $-$1.2 \\\\
    \\bottomrule
  \\end{tabular}
  \\par\\smallskip{\\footnotesize $\\Delta$W $\\pm$ 2 $\\ge$ 50 \\%\\par}
\\end{table}
`);
});

test('tables of one title have labels of their own', () => {
  const text = tablesLatex([table, table, { ...table, title: '‖ΔW‖' }]);
  expect([...text.matchAll(/\\label\{(.+)\}/g)].map(([, label]) => label)).toEqual([
    'tab:accuracy',
    'tab:accuracy-2',
    'tab:w',
  ]);
});

test('text that LaTeX would read as commands is shown as typed', () => {
  expect(plainLatex('100 % of $x_1^2 {a} ~ \\b #1\n2 "q"')).toBe(
    "100 \\% of \\$x\\_1\\textasciicircum{}2 \\{a\\} \\textasciitilde{} \\textbackslash{}b \\#1 2 ''q''",
  );
});

test('every symbol in texts of studies, metrics and methods has LaTeX', () => {
  const places = ['src-shared/studies/', 'src-shared/metrics/', 'src-shared/coto/', 'src-main/engine/merge/methods/'];
  const own = appSources().filter(
    (file) => places.some((place) => file.startsWith(place)) && !file.endsWith('/latex-text.ts'),
  );
  expect(own.length).toBeGreaterThan(50);
  const missing = new Set(
    own.flatMap((file) =>
      literalsOf(file).flatMap(({ value }) => [...value].filter((one) => one !== '\n' && !hasLatex(one))),
    ),
  );
  expect([...missing]).toEqual([]);
});
