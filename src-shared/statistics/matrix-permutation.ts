import { RandomStream } from '../random.ts';

/**
 * Association of measures of pairs with outcomes of pairs. Pairs that share an item are not independent, so that pairs
 * must not be permuted one by one: the items are, with all their pairs (Mantel 1967; Legendre 2000 for its limits).
 */
export interface PairedItems {
  /** Symmetric, [items × items] row by row. */
  readonly measure: Float64Array;
  readonly items: number;
  /** Pairs whose outcome is known. */
  readonly pairs: readonly { readonly first: number; readonly second: number; readonly outcome: number }[];
  /** Permutations of the items that leave everything but the measure as it was; the identity is among them or not. */
  readonly permutations: () => Iterable<readonly number[]>;
}

export interface PairAssociation {
  readonly n: number;
  /** Null where a side is constant or there are fewer than three pairs. */
  readonly value: number | null;
  /** Two-sided; null where the value is. The smallest is 1 over the permutations that were counted. */
  readonly p: number | null;
  readonly permutations: number;
}

type Statistic = (x: readonly number[], y: readonly number[]) => number;

/**
 * A statistic over the pairs of one or several groups of items, each permuted within itself, and the share of
 * permutations at least as far from zero. The observed order is counted among them (Phipson and Smyth 2010).
 * @param statistic NaN where it is not defined
 */
export function pairAssociation(groups: readonly PairedItems[], statistic: Statistic): PairAssociation {
  const outcomes = groups.flatMap(({ pairs }) => pairs.map(({ outcome }) => outcome));
  const valueAt = (orders: readonly (readonly number[] | null)[]) =>
    statistic(
      groups.flatMap((group, at) => measures(group, orders[at] ?? null)),
      outcomes,
    );
  const observed = valueAt(groups.map(() => null));
  if (outcomes.length < 3 || !Number.isFinite(observed))
    return { n: outcomes.length, value: null, p: null, permutations: 0 };
  const streams = groups.map(({ permutations }) => permutations()[Symbol.iterator]());
  let [counted, extreme] = [1, 1];
  for (;;) {
    const orders = streams.map((stream) => stream.next());
    if (orders.some(({ done }) => done === true)) break;
    const value = valueAt(orders.map((order) => (order.done ? null : order.value)));
    counted++;
    if (!(Math.abs(value) < Math.abs(observed) - 1e-12)) extreme++;
  }
  return { n: outcomes.length, value: observed, p: extreme / counted, permutations: counted };
}

function measures({ measure, items, pairs }: PairedItems, order: readonly number[] | null): number[] {
  return pairs.map(({ first, second }) => {
    const [one, other] = [order?.[first] ?? first, order?.[second] ?? second];
    return measure[one * items + other] ?? Number.NaN;
  });
}

/** Random orders of the items, each as likely as another. */
export function* randomOrders(items: number, count: number, seed: number): Generator<number[]> {
  const random = RandomStream.named(seed, 'study', 'orders of items');
  const all = Array.from({ length: items }, (_, item) => item);
  for (let at = 0; at < count; at++) yield [...random.shuffle([...all])];
}

/**
 * Random orders of items that lie in a grid of rows × columns (tasks × seeds, row by row): rows change places, and
 * columns do, the same ones in every row. Pairs within a row stay so, as do pairs within a column.
 */
export function* gridOrders(rows: number, columns: number, count: number, seed: number): Generator<number[]> {
  const random = RandomStream.named(seed, 'study', 'orders of rows and columns');
  const range = (length: number) => Array.from({ length }, (_, at) => at);
  for (let at = 0; at < count; at++) {
    const [ofRows, ofColumns] = [[...random.shuffle(range(rows))], [...random.shuffle(range(columns))]];
    yield range(rows * columns).map(
      (item) => (ofRows[Math.floor(item / columns)] ?? 0) * columns + (ofColumns[item % columns] ?? 0),
    );
  }
}

/** p values that a family of as many tests may be judged by one by one (Holm 1979); null ones count as no test. */
export function holm(values: readonly (number | null)[]): (number | null)[] {
  const order = values.flatMap((p, at) => (p === null ? [] : [{ p, at }])).sort((one, other) => one.p - other.p);
  const adjusted: (number | null)[] = values.map(() => null);
  let largest = 0;
  for (const [rank, { p, at }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (order.length - rank) * p));
    adjusted[at] = largest;
  }
  return adjusted;
}
