import type { AdamWOptions } from '../../engine/api/steps.ts';

/** Plain-JavaScript references in double precision for the operations that the engine adds to tfjs. */

export type Values = readonly number[];

/** a [m, k] · b [k, n] */
export function multiply(a: Values, b: Values, m: number, k: number, n: number): number[] {
  const product = new Array<number>(m * n).fill(0);
  for (let row = 0; row < m; row++)
    for (let step = 0; step < k; step++) {
      const factor = get(a, row * k + step);
      // Along b's rows: columns of a large matrix are far apart in memory.
      for (let column = 0; column < n; column++)
        product[row * n + column] = get(product, row * n + column) + factor * get(b, step * n + column);
    }
  return product;
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

export function rmsNormRows(x: Values, scale: Values, epsilon: number): number[] {
  const columns = scale.length;
  const out: number[] = [];
  for (let start = 0; start < x.length; start += columns) {
    const row = x.slice(start, start + columns);
    const mean = row.reduce((sum, value) => sum + value * value, 0) / columns;
    row.forEach((value, index) => {
      out.push((value / Math.sqrt(mean + epsilon)) * get(scale, index));
    });
  }
  return out;
}

export function gelu(x: number): number {
  return x * 0.5 * (1 + erf(x / Math.SQRT2));
}

export function geluTanh(x: number): number {
  return x * 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/** Mean of −log softmax(logits)[label] over the rows whose label is not −100; 0 if there are none. */
export function crossEntropy(logits: Values, labels: Values, classes: number): number {
  const probabilities = softmaxRows(logits, classes);
  const losses = labels.flatMap((label, row) =>
    label === -100 ? [] : [-Math.log(get(probabilities, row * classes + label))],
  );
  return losses.length === 0 ? 0 : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** (1 − ε) of the label's −log softmax and ε of the mean over all classes, as PyTorch smooths labels. */
export function smoothedCrossEntropy(logits: Values, labels: Values, classes: number, smoothing: number): number {
  const probabilities = softmaxRows(logits, classes);
  const losses = labels.flatMap((label, row) => {
    if (label === -100) return [];
    const each = Array.from({ length: classes }, (_, at) => -Math.log(get(probabilities, row * classes + at)));
    return [(1 - smoothing) * get(each, label) + (smoothing / classes) * each.reduce((sum, one) => sum + one, 0)];
  });
  return losses.length === 0 ? 0 : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Mean over the rows of KL(softmax(reference) ‖ softmax(logits)). */
export function divergence(logits: Values, reference: Values, classes: number): number {
  const [own, wanted] = [softmaxRows(logits, classes), softmaxRows(reference, classes)];
  const terms = wanted.map((probability, at) => probability * Math.log(probability / get(own, at)));
  return terms.reduce((sum, term) => sum + term, 0) / (wanted.length / classes);
}

/** Mean of −t·log σ(x) − (1 − t)·log(1 − σ(x)), as −log of the probability of what is true. */
export function binaryCrossEntropy(logits: Values, targets: Values): number {
  const losses = logits.map((logit, at) => Math.log1p(Math.exp(get(targets, at) > 0.5 ? -logit : logit)));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Rotary embedding of rows of heads, halves against halves. */
export function rotateRows(
  x: Values,
  cos: Values,
  sin: Values,
  { heads, half, tableRows }: { heads: number; half: number; tableRows: number },
): number[] {
  return x.map((value, index) => {
    const [row, column] = [Math.floor(index / (2 * half * heads)), index % (2 * half)];
    const at = (row % tableRows) * half + (column % half);
    const other = get(x, column < half ? index + half : index - half);
    return value * get(cos, at) + (column < half ? -other : other) * get(sin, at);
  });
}

/** AdamW in double precision, with PyTorch's semantics. */
export class AdamWReference {
  values: number[];
  private readonly settings: AdamWOptions;
  private first: number[];
  private second: number[];
  private steps = 0;

  constructor(start: Values, settings: AdamWOptions) {
    this.values = [...start];
    this.settings = settings;
    this.first = start.map(() => 0);
    this.second = start.map(() => 0);
  }

  step(gradient: Values, learningRate: number, gradientScale: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.settings;
    this.steps += 1;
    this.values = this.values.map((value, index) => {
      const scaled = get(gradient, index) * gradientScale;
      const first = beta1 * get(this.first, index) + (1 - beta1) * scaled;
      const second = beta2 * get(this.second, index) + (1 - beta2) * scaled * scaled;
      this.first[index] = first;
      this.second[index] = second;
      const root = Math.sqrt(second / (1 - beta2 ** this.steps)) + epsilon;
      return value * (1 - learningRate * weightDecay) - ((learningRate / (1 - beta1 ** this.steps)) * first) / root;
    });
  }
}

export function get(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new Error(`no value ${index}`);
  return value;
}
