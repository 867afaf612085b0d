import { gaussLegendre } from './gauss-legendre.ts';

/**
 * Values of players in a game that is known on every set: `values[set]`, whose bit i says whether player i is in the set.
 * All of them are linear in the values: those of a mean of games are the means of the games' own.
 */
export type Game = ArrayLike<number>;

/** Shapley values (Shapley 1953): φᵢ = Σ_S |S|!(n−|S|−1)!/n! · (v(S∪i) − v(S)); they sum to v(all) − v(none). */
export function shapleyValues(values: Game, players: number): number[] {
  return weightedMarginals(values, players, (size) => 1 / (players * binomial(players - 1, size)));
}

/** Banzhaf values (Banzhaf 1965): the mean of v(S∪i) − v(S) over all sets S of other players. */
export function banzhafValues(values: Game, players: number): number[] {
  return weightedMarginals(values, players, () => 2 ** (1 - players));
}

/** eᵢ(p) = E[v(R∪i) − v(R)], every other player in R with probability p: the multilinear extension's derivative (Owen 1972). */
export function marginalsAt(values: Game, players: number, p: number): number[] {
  return weightedMarginals(values, players, (size) => p ** size * (1 - p) ** (players - 1 - size));
}

/** φᵢ = ∫₀¹ eᵢ(p) dp by Gauss-Legendre with ⌈n/2⌉ nodes, which is exact: eᵢ is a polynomial of degree n − 1. */
export function integralValues(values: Game, players: number): number[] {
  const { nodes, weights } = gaussLegendre(Math.ceil(players / 2));
  const curves = nodes.map((p) => marginalsAt(values, players, p));
  return playersOf(players).map((player) =>
    curves.reduce((sum, marginals, node) => sum + (weights[node] ?? 0) * (marginals[player] ?? 0), 0),
  );
}

/**
 * Shapley interaction index of each pair (Grabisch and Roubens 1999), symmetric with zeros on the diagonal:
 * Σ_S |S|!(n−|S|−2)!/(n−1)! · (v(S∪ij) − v(S∪i) − v(S∪j) + v(S)). Positive: the two do more together than apart.
 */
export function shapleyInteractions(values: Game, players: number): number[][] {
  const weights = playersOf(Math.max(1, players - 1)).map((size) => 1 / ((players - 1) * binomial(players - 2, size)));
  const index = playersOf(players).map(() => playersOf(players).map(() => 0));
  for (let first = 0; first < players; first++)
    for (let second = first + 1; second < players; second++) {
      const [one, other] = [1 << first, 1 << second];
      let sum = 0;
      for (let set = 0; set < 2 ** players; set++) {
        if ((set & (one | other)) !== 0) continue;
        const together =
          at(values, set | one | other) - at(values, set | one) - at(values, set | other) + at(values, set);
        sum += (weights[sizeOf(set)] ?? 0) * together;
      }
      for (const [row, column] of [
        [first, second],
        [second, first],
      ] as const) {
        const cells = index[row];
        if (cells) cells[column] = sum;
      }
    }
  return index;
}

/** Number of players in a set. */
export function sizeOf(set: number): number {
  let count = 0;
  for (let left = set; left !== 0; left &= left - 1) count++;
  return count;
}

/** Σ_S weight(|S|) · (v(S∪i) − v(S)) over the sets S of other players. */
function weightedMarginals(values: Game, players: number, weight: (size: number) => number): number[] {
  const weights = playersOf(players).map(weight);
  const sums = new Float64Array(players);
  for (let set = 0; set < 2 ** players; set++) {
    const size = sizeOf(set);
    for (let player = 0; player < players; player++) {
      const share = (set >> player) & 1 ? (weights[size - 1] ?? 0) : -(weights[size] ?? 0);
      sums[player] = (sums[player] ?? 0) + share * at(values, set);
    }
  }
  return [...sums];
}

function binomial(n: number, k: number): number {
  let value = 1;
  for (let factor = 1; factor <= k; factor++) value = (value * (n - k + factor)) / factor;
  return value;
}

function playersOf(count: number): number[] {
  return Array.from({ length: count }, (_, player) => player);
}

function at(values: Game, set: number): number {
  return values[set] ?? Number.NaN;
}
