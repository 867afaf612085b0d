/** Plain-JavaScript references in double precision for the operations that the engine adds to tfjs. */

export type Values = readonly number[];

/** a [m, k] · b [k, n] */
export function multiply(a: Values, b: Values, m: number, k: number, n: number): number[] {
  return Array.from({ length: m * n }, (_, index) => {
    const [row, column] = [Math.floor(index / n), index % n];
    let sum = 0;
    for (let step = 0; step < k; step++) sum += get(a, row * k + step) * get(b, step * n + column);
    return sum;
  });
}

export function transpose(a: Values, rows: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, index) =>
    get(a, (index % rows) * columns + Math.floor(index / rows)),
  );
}

export function addRows(a: Values, bias: Values): number[] {
  return a.map((value, index) => value + get(bias, index % bias.length));
}

export function softmaxRows(a: Values, columns: number): number[] {
  const out: number[] = [];
  for (let start = 0; start < a.length; start += columns) {
    const row = a.slice(start, start + columns);
    const highest = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    out.push(...powers.map((power) => power / sum));
  }
  return out;
}

export function layerNormRows(x: Values, scale: Values, shift: Values, epsilon: number): number[] {
  const columns = scale.length;
  const out: number[] = [];
  for (let start = 0; start < x.length; start += columns) {
    const row = x.slice(start, start + columns);
    const mean = row.reduce((sum, value) => sum + value, 0) / columns;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns;
    row.forEach((value, index) => {
      out.push(((value - mean) / Math.sqrt(variance + epsilon)) * get(scale, index) + get(shift, index));
    });
  }
  return out;
}

/** The error function by its Maclaurin series, and by its continued fraction where that converges better. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 3) {
    let term = size;
    let sum = size;
    for (let n = 1; n < 200; n++) {
      term *= -(size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)));
}

/** q [batch · queries, hidden], k and v [batch · tokens, hidden] */
export function attend(
  q: Values,
  k: Values,
  v: Values,
  sizes: { batch: number; queries: number; tokens: number; heads: number; hidden: number },
): number[] {
  const { batch, queries, tokens, heads, hidden } = sizes;
  const headSize = hidden / heads;
  const out = new Array<number>(batch * queries * hidden).fill(0);
  for (let example = 0; example < batch; example++)
    for (let head = 0; head < heads; head++)
      for (let query = 0; query < queries; query++) {
        const at = (example * queries + query) * hidden + head * headSize;
        const keyAt = (token: number) => (example * tokens + token) * hidden + head * headSize;
        const scores = Array.from({ length: tokens }, (_, token) => {
          let dot = 0;
          for (let d = 0; d < headSize; d++) dot += get(q, at + d) * get(k, keyAt(token) + d);
          return dot / Math.sqrt(headSize);
        });
        softmaxRows(scores, tokens).forEach((probability, token) => {
          for (let d = 0; d < headSize; d++) out[at + d] = get(out, at + d) + probability * get(v, keyAt(token) + d);
        });
      }
  return out;
}

export function get(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new Error(`no value ${index}`);
  return value;
}
