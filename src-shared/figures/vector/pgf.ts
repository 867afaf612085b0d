import { plainLatex } from '../../studies/report/latex-text.ts';
import type { Drawing, Ink, Label, Run, Shape } from './drawing.ts';
import type { Segment } from './path-data.ts';

/** CSS pixels are 1/96 inch, big points 1/72. */
const points = 0.75;
const head = `%% A figure of CoTo Studio for LaTeX. In the preamble:
%%   \\usepackage{pgf}
%% and where it belongs, with \\resizebox{\\linewidth}{!}{…} around it for another width:
%%   \\input{figure.pgf}
`;

/** The figure as a `pgfpicture`, with texts in the document's own typeface. */
export function pgfOf({ width, height, items }: Drawing): string {
  const place = (x: number, y: number) => `\\pgfqpoint{${bp(x)}}{${bp(height - y)}}`;
  const lines = items.flatMap((item) => (item.kind === 'text' ? labelLines(item, place) : shapeLines(item, place)));
  return `${head}\\begingroup
\\begin{pgfpicture}
\\pgfpathrectangle{\\pgfpointorigin}{\\pgfqpoint{${bp(width)}}{${bp(height)}}}
\\pgfusepath{use as bounding box}
${lines.join('\n')}
\\end{pgfpicture}
\\endgroup
`;
}

type Place = (x: number, y: number) => string;

function shapeLines({ path, fill, stroke, clips }: Shape, place: Place): string[] {
  const uses = [fill === null ? [] : ['fill'], stroke === null ? [] : ['stroke']].flat();
  return [
    '\\begin{pgfscope}',
    ...clips.flatMap((clip) => [...pathLines(clip, place), '\\pgfusepath{clip}']),
    ...(fill === null ? [] : inkLines(fill, 'fill')),
    ...(stroke === null
      ? []
      : [
          ...inkLines(stroke.ink, 'stroke'),
          `\\pgfsetlinewidth{${bp(stroke.width)}}`,
          `\\pgfsetdash{${stroke.dash.map((part) => `{${bp(part)}}`).join('')}}{0bp}`,
        ]),
    ...pathLines(path, place),
    `\\pgfusepath{${uses.join(',')}}`,
    '\\end{pgfscope}',
  ];
}

function inkLines({ rgb, opacity }: Ink, use: 'fill' | 'stroke'): string[] {
  return [
    `\\definecolor{coto${use}}{rgb}{${rgbText(rgb)}}`,
    `\\pgfset${use}color{coto${use}}`,
    `\\pgfset${use}opacity{${rounded(opacity)}}`,
  ];
}

function pathLines(path: readonly Segment[], place: Place): string[] {
  return path.map((segment) => {
    if (segment.kind === 'close') return '\\pgfpathclose';
    if (segment.kind === 'curve') {
      const [a, b, c, d, e, f] = segment.points;
      return `\\pgfpathcurveto{${place(a, b)}}{${place(c, d)}}{${place(e, f)}}`;
    }
    return `\\pgfpath${segment.kind}to{${place(segment.x, segment.y)}}`;
  });
}

const anchors = { start: 'left,', middle: '', end: 'right,' } as const;

function labelLines({ x, y, rotation, anchor, size, runs }: Label, place: Place): string[] {
  const [pt, leading] = [rounded(size * points), rounded(1.2 * size * points)];
  const turn = Math.abs(rotation) < 0.01 ? '' : `,rotate=${rounded(rotation)}`;
  return [
    `\\pgftext[${anchors[anchor]}base,at={${place(x, y)}}${turn}]{\\fontsize{${pt}}{${leading}}\\selectfont ${runs.map(runText).join('')}}`,
  ];
}

function runText({ text, ink, isBold, isItalic, script }: Run): string {
  const wraps = [
    ...(script === null ? [] : [`\\text${script}script`]),
    ...(isBold ? ['\\textbf'] : []),
    ...(isItalic ? ['\\textit'] : []),
  ];
  const inner = wraps.reduce((inside, command) => `${command}{${inside}}`, plainLatex(text));
  return `{\\color[rgb]{${rgbText(ink.rgb)}}${inner}}`;
}

function rgbText(rgb: Ink['rgb']): string {
  return rgb.map((channel) => rounded(channel / 255)).join(',');
}

/** TeX knows no exponents, and no lengths over 16,383 pt. */
function bp(pixels: number): string {
  return `${rounded(Math.max(-16000, Math.min(16000, pixels * points)))}bp`;
}

function rounded(value: number): string {
  return String(Number(value.toFixed(4)) || 0).replace(/^(-?)(\d+)e.*$/, '0');
}
