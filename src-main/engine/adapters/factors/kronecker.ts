import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { LowRankUpdate } from '../variant/variant.ts';

/** A matrix, or two whose product it is. */
export type KroneckerFactor<T> = readonly [T] | readonly [T, T];
type Shaped = { readonly shape: readonly number[] };

/**
 * PEFT's division of a size into two (LoKr's `factorization`), the first not larger: by `factor` where it divides the size, else
 * the pair with the smallest sum whose first is at most `factor`; -1: whatever `factor` would allow.
 */
export function factorize(size: number, factor: number): [number, number] {
  if (factor > 0 && size % factor === 0) return [factor, size / factor];
  const most = factor === -1 ? size : factor;
  let pair: [number, number] = [1, size];
  while (pair[0] < pair[1]) {
    let next = pair[0] + 1;
    while (size % next !== 0) next++;
    const sum = next + size / next;
    if (sum > pair[0] + pair[1] || next > most) break;
    pair = [next, size / next];
  }
  return pair[0] > pair[1] ? [pair[1], pair[0]] : pair;
}

/** The inner size of `kroneckerProduct`. */
export function kroneckerRank(w1: KroneckerFactor<Shaped>, w2: KroneckerFactor<Shaped>): number {
  return innerSize(w1) * innerSize(w2);
}

/**
 * s · W₁ ⊗ W₂ as one product, exactly: (U₁·V₁) ⊗ (U₂·V₂) = (U₁ ⊗ U₂)·(V₁ ⊗ V₂). A matrix that is not given as a product is one
 * with the identity on its shorter side.
 */
export function kroneckerProduct(
  w1: KroneckerFactor<HostTensor>,
  w2: KroneckerFactor<HostTensor>,
  scaling: number,
): LowRankUpdate {
  const [[u1, v1], [u2, v2]] = [halves(w1), halves(w2)];
  return { a: kronecker(v1, v2), b: kronecker(u1, u2), scaling };
}

function innerSize([first, second]: KroneckerFactor<Shaped>): number {
  const [rows = 0, columns = 0] = first.shape;
  return second ? columns : Math.min(rows, columns);
}

function halves([first, second]: KroneckerFactor<HostTensor>): [HostTensor, HostTensor] {
  if (second) return [first, second];
  const [rows = 0, columns = 0] = first.shape;
  return rows <= columns ? [identity(rows), first] : [first, identity(columns)];
}

function identity(size: number): HostTensor {
  const data = new Float32Array(size * size);
  for (let at = 0; at < size; at++) data[at * size + at] = 1;
  return { shape: [size, size], data };
}

/** [l, m] ⊗ [k, n] → [l·k, m·n] */
function kronecker(one: HostTensor, other: HostTensor): HostTensor {
  const [l = 0, m = 0] = one.shape;
  const [k = 0, n = 0] = other.shape;
  const data = new Float32Array(l * k * m * n);
  for (let row = 0; row < l * k; row++)
    for (let outer = 0; outer < m; outer++) {
      const factor = one.data[Math.floor(row / k) * m + outer] ?? 0;
      if (factor === 0) continue;
      const start = row * m * n + outer * n;
      for (let inner = 0; inner < n; inner++) data[start + inner] = factor * (other.data[(row % k) * n + inner] ?? 0);
    }
  return { shape: [l * k, m * n], data };
}
