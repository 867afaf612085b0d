import { parsePath, type Segment } from './path-data.ts';
import { isElement, parseSvg, type SvgElement, textOf } from './svg-tree.ts';

export interface Ink {
  /** Red, green and blue from 0 to 255. */
  readonly rgb: readonly [number, number, number];
  readonly opacity: number;
}

export interface Shape {
  readonly kind: 'path';
  readonly path: readonly Segment[];
  readonly fill: Ink | null;
  readonly stroke: { readonly ink: Ink; readonly width: number; readonly dash: readonly number[] } | null;
  readonly clips: readonly (readonly Segment[])[];
}

/** A part of a text in one style. */
export interface Run {
  readonly text: string;
  readonly ink: Ink;
  readonly isBold: boolean;
  readonly isItalic: boolean;
  readonly script: 'super' | 'sub' | null;
}

export interface Label {
  readonly kind: 'text';
  readonly x: number;
  readonly y: number;
  /** Counterclockwise, in degrees. */
  readonly rotation: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly size: number;
  readonly runs: readonly Run[];
}

/** Shapes and texts of a figure's SVG, in drawing order and in pixels of the whole figure. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly items: readonly (Shape | Label)[];
}

/** a, b, c, d, e, f of an SVG's matrix. */
type Matrix = readonly [number, number, number, number, number, number];
const identity: Matrix = [1, 0, 0, 1, 0, 0];

interface Context {
  readonly matrix: Matrix;
  readonly opacity: number;
  readonly style: ReadonlyMap<string, string>;
  readonly clips: readonly (readonly Segment[])[];
}

/**
 * The drawing of an SVG that plotly made: paths, rectangles, circles and texts with their transforms, clips and patterns.
 * @throws Error for an SVG that is not well-formed
 */
export function drawingOf(source: string): Drawing {
  const svg = parseSvg(source);
  const named = new Map<string, SvgElement>();
  const collect = (element: SvgElement) => {
    const id = element.attributes.get('id');
    if (id !== undefined) named.set(id, element);
    for (const child of element.children) if (isElement(child)) collect(child);
  };
  collect(svg);
  const reader = new Reader(named);
  for (const child of svg.children)
    if (isElement(child)) reader.read(child, { matrix: identity, opacity: 1, style: svg.style, clips: [] });
  const size = (name: string) => Number.parseFloat(svg.attributes.get(name) ?? '0');
  return { width: size('width'), height: size('height'), items: reader.items };
}

const inherited = ['fill', 'fill-opacity', 'stroke', 'stroke-opacity', 'stroke-width', 'stroke-dasharray'];
const textStyles = ['font-size', 'font-weight', 'font-style', 'text-anchor'];
const unseen = new Set(['defs', 'clipPath', 'pattern', 'style', 'title', 'image']);

class Reader {
  readonly items: (Shape | Label)[] = [];
  private readonly named: ReadonlyMap<string, SvgElement>;

  constructor(named: ReadonlyMap<string, SvgElement>) {
    this.named = named;
  }

  read(element: SvgElement, around: Context): void {
    if (unseen.has(element.name) || styleOf(element, 'display') === 'none') return;
    const context = this.inside(element, around);
    if (styleOf(element, 'visibility') === 'hidden') return;
    const path = pathOf(element);
    if (path !== null) this.draw(path, context);
    else if (element.name === 'text') this.items.push(...labels(element, context));
    else for (const child of element.children) if (isElement(child)) this.read(child, context);
  }

  private inside(element: SvgElement, { matrix, opacity, style, clips }: Context): Context {
    let own = multiplied(matrix, transformOf(element.attributes.get('transform') ?? ''));
    if (element.name === 'svg') own = multiplied(own, [1, 0, 0, 1, numberOf(element, 'x'), numberOf(element, 'y')]);
    const merged = new Map(style);
    for (const name of [...inherited, ...textStyles]) {
      const value = styleOf(element, name);
      if (value !== undefined) merged.set(name, value);
    }
    const clip = this.referenced(element.attributes.get('clip-path') ?? element.style.get('clip-path'));
    const outlines = (clip?.children ?? []).filter(isElement).flatMap((child) => pathOf(child) ?? []);
    return {
      matrix: own,
      opacity: opacity * Number(styleOf(element, 'opacity') ?? 1),
      style: merged,
      clips: clip === undefined ? clips : [...clips, moved(outlines, own)],
    };
  }

  private referenced(text: string | undefined): SvgElement | undefined {
    return this.named.get(/url\(['"]?[^#]*#([^'")]+)/.exec(text ?? '')?.[1] ?? '');
  }

  private draw(path: readonly Segment[], { matrix, opacity, style, clips }: Context): void {
    const placed = moved(path, matrix);
    const pattern = this.referenced(style.get('fill'));
    const fill = pattern === undefined ? inkOf(style, 'fill', opacity, '#000000') : null;
    const ink = inkOf(style, 'stroke', opacity, 'none');
    const width = Number.parseFloat(style.get('stroke-width') ?? '1') * scaleOf(matrix);
    const dash = (style.get('stroke-dasharray') ?? 'none').split(/[\s,]+/).map(Number.parseFloat);
    const stroke = ink === null || width === 0 ? null : { ink, width, dash: dash.filter((part) => part > 0) };
    if (pattern !== undefined)
      this.tile(pattern, placed, { matrix, opacity, style: new Map(), clips: [...clips, placed] });
    if ((fill !== null || stroke !== null) && placed.length > 0)
      this.items.push({ kind: 'path', path: placed, fill, stroke, clips });
  }

  /** Repeats the pattern of a bar over it. */
  private tile(pattern: SvgElement, placed: readonly Segment[], context: Context): void {
    const [width, height] = [numberOf(pattern, 'width'), numberOf(pattern, 'height')];
    const points = placed.flatMap((segment) => (segment.kind === 'move' || segment.kind === 'line' ? [segment] : []));
    if (!(width > 0 && height > 0) || points.length === 0) return;
    const [originX, originY] = [context.matrix[4], context.matrix[5]];
    const ends = (values: number[], size: number) =>
      [Math.floor(Math.min(...values) / size), Math.ceil(Math.max(...values) / size)] as const;
    const [left, right] = ends(
      points.map(({ x }) => x - originX),
      width,
    );
    const [top, bottom] = ends(
      points.map(({ y }) => y - originY),
      height,
    );
    for (let column = left; column < right; column++)
      for (let row = top; row < bottom; row++)
        for (const child of pattern.children)
          if (isElement(child))
            this.read(child, {
              ...context,
              matrix: multiplied(context.matrix, [1, 0, 0, 1, column * width, row * height]),
            });
  }
}

function pathOf(element: SvgElement): Segment[] | null {
  const at = (name: string) => numberOf(element, name);
  switch (element.name) {
    case 'path':
      return parsePath(element.attributes.get('d') ?? '');
    case 'rect':
      return parsePath(`M${at('x')},${at('y')}h${at('width')}v${at('height')}h${-at('width')}Z`);
    case 'circle':
      return parsePath(
        `M${at('cx') + at('r')},${at('cy')}a${at('r')},${at('r')} 0 1,1 ${-2 * at('r')},0a${at('r')},${at('r')} 0 1,1 ${2 * at('r')},0Z`,
      );
    default:
      return null;
  }
}

/** A text of one or more lines; plotly makes a tspan of each line, and of each part with a style of its own. */
function labels(element: SvgElement, context: Context): Label[] {
  const lines = element.children.filter(
    (child): child is SvgElement => isElement(child) && child.attributes.get('class') === 'line',
  );
  const size = Number.parseFloat(context.style.get('font-size') ?? '12');
  const label = (line: SvgElement, dy: number): Label => {
    const [x, y] = placedAt(context.matrix, numberOf(line, 'x'), numberOf(line, 'y') + dy);
    const anchor = context.style.get('text-anchor') ?? element.attributes.get('text-anchor');
    return {
      kind: 'text',
      x,
      y,
      rotation: (-Math.atan2(context.matrix[1], context.matrix[0]) * 180) / Math.PI,
      anchor: anchor === 'middle' || anchor === 'end' ? anchor : 'start',
      size: size * scaleOf(context.matrix),
      runs: runsOf(line, context.style, context.opacity, null),
    };
  };
  const found =
    lines.length === 0
      ? [label(element, 0)]
      : lines.map((line) => label(line, size * Number.parseFloat(line.attributes.get('dy') ?? '0')));
  return found.filter(({ runs }) => runs.some(({ text }) => text.trim() !== ''));
}

function runsOf(
  { children }: SvgElement,
  style: ReadonlyMap<string, string>,
  opacity: number,
  script: Run['script'],
): Run[] {
  return children.flatMap((child) => {
    if (isElement(child)) {
      const shift = Number.parseFloat(child.attributes.get('dy') ?? '0');
      const isSmall = child.style.get('font-size')?.endsWith('%') === true;
      const own = isSmall && shift !== 0 ? (shift < 0 ? 'super' : 'sub') : script;
      return textOf(child) === '\u200b' ? [] : runsOf(child, new Map([...style, ...child.style]), opacity, own);
    }
    const ink = inkOf(style, 'fill', opacity, '#000000');
    const text = child.replaceAll('\u200b', '');
    if (ink === null || text === '') return [];
    const weight = style.get('font-weight') ?? '400';
    const isBold = weight === 'bold' || Number(weight) >= 600;
    return [{ text, ink, isBold, isItalic: style.get('font-style') === 'italic', script }];
  });
}

function styleOf(element: SvgElement, name: string): string | undefined {
  return element.style.get(name) ?? element.attributes.get(name);
}

function numberOf({ attributes }: SvgElement, name: string): number {
  return Number.parseFloat(attributes.get(name) ?? '0') || 0;
}

/** Null for no color, and for one that nothing can be seen of. */
function inkOf(style: ReadonlyMap<string, string>, name: string, opacity: number, usual: string): Ink | null {
  const color = colorOf(style.get(name) ?? usual);
  if (color === null) return null;
  const seen = color.opacity * opacity * Number(style.get(`${name}-opacity`) ?? 1);
  return seen <= 0 ? null : { rgb: color.rgb, opacity: seen };
}

function colorOf(text: string): Ink | null {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (hex !== null) {
    const [red = 0, green = 0, blue = 0] = hex.slice(1).map((part) => Number.parseInt(part, 16));
    return { rgb: [red, green, blue], opacity: 1 };
  }
  const [red, green, blue, alpha = 1] = /^rgba?\(/.test(text) ? (text.match(/[\d.]+/g) ?? []).map(Number) : [];
  return red === undefined || green === undefined || blue === undefined
    ? null
    : { rgb: [red, green, blue], opacity: alpha };
}

function transformOf(text: string): Matrix {
  return [...text.matchAll(/(\w+)\(([^)]*)\)/g)].reduce((matrix, [, name, list = '']) => {
    const [a = 0, b, c] = list.split(/[\s,]+/).map(Number);
    if (name === 'translate') return multiplied(matrix, [1, 0, 0, 1, a, b ?? 0]);
    if (name === 'scale') return multiplied(matrix, [a, 0, 0, b ?? a, 0, 0]);
    if (name !== 'rotate') return matrix;
    const [cos, sin] = [Math.cos((a * Math.PI) / 180), Math.sin((a * Math.PI) / 180)];
    const [x, y] = [b ?? 0, c ?? 0];
    const turned = multiplied([1, 0, 0, 1, x, y], multiplied([cos, sin, -sin, cos, 0, 0], [1, 0, 0, 1, -x, -y]));
    return multiplied(matrix, turned);
  }, identity);
}

function multiplied([a, b, c, d, e, f]: Matrix, [g, h, i, j, k, l]: Matrix): Matrix {
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}

function placedAt([a, b, c, d, e, f]: Matrix, x: number, y: number): [number, number] {
  return [a * x + c * y + e, b * x + d * y + f];
}

function scaleOf([a, b, c, d]: Matrix): number {
  return Math.sqrt(Math.abs(a * d - b * c));
}

function moved(path: readonly Segment[], matrix: Matrix): Segment[] {
  return path.map((segment): Segment => {
    if (segment.kind === 'close') return segment;
    if (segment.kind === 'curve') {
      const [a, b, c, d, e, f] = segment.points;
      return {
        kind: 'curve',
        points: [...placedAt(matrix, a, b), ...placedAt(matrix, c, d), ...placedAt(matrix, e, f)],
      };
    }
    const [x, y] = placedAt(matrix, segment.x, segment.y);
    return { kind: segment.kind, x, y };
  });
}
