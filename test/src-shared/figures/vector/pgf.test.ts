import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withCells, withoutImages } from '../../../../src-shared/figures/vector/cells.ts';
import { drawingOf } from '../../../../src-shared/figures/vector/drawing.ts';
import { parsePath } from '../../../../src-shared/figures/vector/path-data.ts';
import { pgfOf } from '../../../../src-shared/figures/vector/pgf.ts';

/** The kinds of elements that plotly makes, on a figure of 100 × 80 pixels. */
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80"><rect x="0" y="0" width="100" height="80" style="fill: rgb(0, 0, 0); fill-opacity: 0;"/><defs><g><clipPath id="clip1"><rect width="40" height="20"/></clipPath></g><g><pattern id="p1" width="10" height="10" patternUnits="userSpaceOnUse"><path d="M0,10l10,-10" style="stroke: rgb(255, 0, 0); stroke-width: 2px; fill: none;"/></pattern></g></defs><g transform="translate(10,20)" clip-path="url(#clip1)" style="opacity: 0.5;"><path d="M0,0l20,10H40V0Z" style="fill: none; stroke: rgb(0, 114, 178); stroke-opacity: 0.5; stroke-width: 2px; stroke-dasharray: 9px, 3px;"/></g><path d="M0,0h20v10h-20Z" style="fill: url('#p1'); stroke-width: 0px;"/><image x="0" href="data:,x"/><text text-anchor="middle" x="50" y="60" transform="rotate(-90,50,60)" style="font-size: 12px; fill: #23262b;">λ &amp; 50 %</text><text x="5" y="30" style="font-size: 10px;"><tspan class="line" dy="0em" x="5" y="30"><tspan style="font-weight:bold">one</tspan></tspan><tspan class="line" dy="1.3em" x="5" y="30">two</tspan></text></svg>`;

test('a drawing has lines, clips, dashes and texts in pixels of the figure', () => {
  const { width, height, items } = drawingOf(svg);
  expect({ width, height }).toEqual({ width: 100, height: 80 });
  const [line] = items;
  expect(line).toEqual({
    kind: 'path',
    path: [
      { kind: 'move', x: 10, y: 20 },
      { kind: 'line', x: 30, y: 30 },
      { kind: 'line', x: 50, y: 30 },
      { kind: 'line', x: 50, y: 20 },
      { kind: 'close' },
    ],
    fill: null,
    stroke: { ink: { rgb: [0, 114, 178], opacity: 0.25 }, width: 2, dash: [9, 3] },
    clips: [parsePath('M10,20h40v20h-40Z')],
  });
  // Two tiles of the pattern, inside of the bar.
  const tiles = items.slice(1, 3);
  expect(tiles).toMatchObject([
    {
      path: [
        { x: 0, y: 10 },
        { x: 10, y: 0 },
      ],
      clips: [parsePath('M0,0h20v10h-20Z')],
    },
    {
      path: [
        { x: 10, y: 10 },
        { x: 20, y: 0 },
      ],
    },
  ]);
  expect(items.slice(3)).toMatchObject([
    {
      kind: 'text',
      x: 50,
      y: expect.closeTo(60),
      rotation: 90,
      anchor: 'middle',
      size: 12,
      runs: [{ text: 'λ & 50 %' }],
    },
    { kind: 'text', x: 5, y: 30, anchor: 'start', runs: [{ text: 'one', isBold: true }] },
    { kind: 'text', x: 5, y: 43, runs: [{ text: 'two', isBold: false }] },
  ]);
});

test('a circle of two arcs is four quarter curves around its center', () => {
  const circle = parsePath('M3,0A3,3 0 1,1 0,-3A3,3 0 0,1 3,0Z');
  const ends = circle.flatMap((segment) => (segment.kind === 'curve' ? [segment.points.slice(4)] : []));
  expect(ends.map((end) => end.map((value) => Math.round(value) || 0))).toEqual([
    [0, 3],
    [-3, 0],
    [0, -3],
    [3, 0],
  ]);
  // The control points of a quarter circle lie at 0.5523 of its radius.
  const [, first] = circle;
  const points = first?.kind === 'curve' ? first.points : [];
  for (const [at, value] of [3, 1.6569, 1.6569, 3, 0, 3].entries()) expect(points[at]).toBeCloseTo(value, 3);
});

test('heat maps become rectangles in the colors of their scale', () => {
  const map = {
    type: 'heatmap',
    x: [0, 1, 3],
    y: [0, 1],
    z: [
      [0, 0, 1],
      [null, 0.5, 1],
    ],
    colorscale: [
      [0, '#000000'],
      [1, '#ffffff'],
    ],
  };
  const { layout } = withCells({ data: [map], layout: { shapes: [{ type: 'line' }] } }, '#ffffff');
  expect(layout).toMatchObject({
    shapes: [
      { x0: -0.5, x1: 2, y0: -0.5, y1: 0.5, fillcolor: 'rgb(0,0,0)' },
      { x0: 2, x1: 4, fillcolor: 'rgb(255,255,255)' },
      { x0: 0.5, x1: 2, y0: 0.5, y1: 1.5, fillcolor: 'rgb(128,128,128)' },
      { x0: 2, x1: 4 },
      { type: 'line' },
    ],
  });
  expect(withoutImages('<g><image href="data:x"/><image x="1"></image></g>')).toBe('<g></g>');
});

test('a PGF picture has every part, and pdfLaTeX sets it where it is installed', () => {
  const pgf = pgfOf(drawingOf(svg));
  expect(pgf).toContain('\\pgfpathmoveto{\\pgfqpoint{7.5bp}{45bp}}');
  expect(pgf).toContain('\\pgfsetdash{{6.75bp}{2.25bp}}{0bp}');
  expect(pgf).toContain('$\\lambda$ \\& 50 \\%');
  const count = (text: string) => pgf.split(text).length - 1;
  expect(count('\\begin{pgfscope}')).toBe(3);
  expect(count('\\end{pgfscope}')).toBe(3);
  expect(count('{')).toBe(count('}'));
  if (spawnSync('kpsewhich', ['pgf.sty']).status !== 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'coto-pgf-'));
  try {
    writeFileSync(join(folder, 'figure.pgf'), pgf);
    const page = '\\documentclass{article}\\usepackage{pgf}\\begin{document}\\input{figure.pgf}\\end{document}';
    writeFileSync(join(folder, 'page.tex'), page);
    const set = spawnSync('pdflatex', ['-halt-on-error', '-interaction=batchmode', 'page.tex'], { cwd: folder });
    expect(set.status, String(set.stdout)).toBe(0);
    expect(existsSync(join(folder, 'page.pdf'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an SVG that is not well-formed is rejected', () => {
  expect(() => drawingOf('<svg><g></svg>')).toThrow('closes <svg> inside <g>');
  expect(() => drawingOf('<svg>')).toThrow('not well-formed');
});
