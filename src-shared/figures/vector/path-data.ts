/** A step of a path in absolute coordinates. */
export type Segment =
  | { readonly kind: 'move' | 'line'; readonly x: number; readonly y: number }
  | { readonly kind: 'curve'; readonly points: readonly [number, number, number, number, number, number] }
  | { readonly kind: 'close' };

const counts: Readonly<Record<string, number>> = { M: 2, L: 2, H: 1, V: 1, C: 6, S: 4, Q: 4, T: 2, A: 7, Z: 0 };

/** Parses the `d` of a path: lines, cubic and quadratic curves, and arcs as curves. @throws Error for other commands */
export function parsePath(d: string): Segment[] {
  const segments: Segment[] = [];
  let [x, y] = [0, 0];
  let start: readonly [number, number] = [0, 0];
  for (const [, letter = '', rest = ''] of d.matchAll(/([a-z])([^a-z]*)/gi)) {
    const numbers = [...rest.matchAll(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/g)].map(([text]) => Number(text));
    const command = letter.toUpperCase();
    const count = counts[command];
    if (count === undefined || command === 'S' || command === 'T') throw new Error(`the path has a "${letter}"`);
    if (command === 'Z') {
      segments.push({ kind: 'close' });
      [x, y] = start;
      continue;
    }
    const isRelative = letter !== command;
    for (let at = 0; at + count <= numbers.length; at += count) {
      const [dx, dy] = isRelative ? [x, y] : [0, 0];
      const value = (index: number) => numbers[at + index] ?? 0;
      const [fromX, fromY] = [x, y];
      x = command === 'V' ? x : value(command === 'H' ? 0 : count - 2) + dx;
      y = command === 'H' ? y : value(count - 1) + dy;
      if (command === 'M' && at === 0) {
        start = [x, y];
        segments.push({ kind: 'move', x, y });
      } else if (command === 'C')
        segments.push({
          kind: 'curve',
          points: [value(0) + dx, value(1) + dy, value(2) + dx, value(3) + dy, x, y],
        });
      else if (command === 'Q') {
        const [controlX, controlY] = [value(0) + dx, value(1) + dy];
        const third = (from: number, control: number) => from + (2 / 3) * (control - from);
        segments.push({
          kind: 'curve',
          points: [third(fromX, controlX), third(fromY, controlY), third(x, controlX), third(y, controlY), x, y],
        });
      } else if (command === 'A')
        segments.push(
          ...arc([fromX, fromY], [x, y], { radius: value(0), isLarge: value(3) !== 0, isSweep: value(4) !== 0 }),
        );
      else segments.push({ kind: 'line', x, y });
    }
  }
  return segments;
}

interface Arc {
  readonly radius: number;
  readonly isLarge: boolean;
  readonly isSweep: boolean;
}

/** A circle's arc as curves of at most a quarter turn; plotly draws no ellipses. */
function arc(
  from: readonly [number, number],
  to: readonly [number, number],
  { radius, isLarge, isSweep }: Arc,
): Segment[] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const chord = Math.hypot(dx, dy);
  if (chord === 0) return [];
  const r = Math.max(radius, chord / 2);
  const height = Math.sqrt(Math.max(0, r * r - (chord * chord) / 4)) * (isLarge === isSweep ? -1 : 1);
  const centerX = (from[0] + to[0]) / 2 - (height * dy) / chord;
  const centerY = (from[1] + to[1]) / 2 + (height * dx) / chord;
  const first = Math.atan2(from[1] - centerY, from[0] - centerX);
  let turn = Math.atan2(to[1] - centerY, to[0] - centerX) - first;
  if (isSweep && turn < 0) turn += 2 * Math.PI;
  if (!isSweep && turn > 0) turn -= 2 * Math.PI;
  const parts = Math.max(1, Math.ceil(Math.abs(turn) / (Math.PI / 2) - 1e-9));
  const step = turn / parts;
  const reach = (4 / 3) * Math.tan(step / 4) * r;
  return Array.from({ length: parts }, (_, part): Segment => {
    const [a, b] = [first + part * step, first + (part + 1) * step];
    return {
      kind: 'curve',
      points: [
        centerX + r * Math.cos(a) - reach * Math.sin(a),
        centerY + r * Math.sin(a) + reach * Math.cos(a),
        centerX + r * Math.cos(b) + reach * Math.sin(b),
        centerY + r * Math.sin(b) - reach * Math.cos(b),
        centerX + r * Math.cos(b),
        centerY + r * Math.sin(b),
      ],
    };
  });
}
