import type { Matrix } from '../../linalg/index.ts';
import type { Draws } from '../merge-method.ts';

export interface Clusters {
  /** The cluster of each point. */
  readonly labels: Int32Array;
  /** Labels after each assignment. */
  readonly rounds: readonly Int32Array[];
  /** Sum of the squared distances to the clusters' means. */
  readonly inertia: number;
}

const maxRounds = 300;

/**
 * Lloyd's k-means from the points' products with each other alone: ‖xᵢ − μ‖² = Gᵢᵢ − 2·mean Gᵢⱼ + mean Gⱼⱼ' over the cluster,
 * so that a round costs n² whatever the dimension. A cluster that loses its last point takes the one farthest from its
 * mean.
 * @param products G [n, n]
 * @param starts indices of the points that are the means at first
 */
export function kMeans(products: Matrix, starts: readonly number[]): Clusters {
  const [size] = products.shape;
  let members: number[][] = starts.map((index) => [index]);
  const rounds: Int32Array[] = [];
  let inertia = 0;
  for (let round = 0; round < maxRounds; round++) {
    const { labels, distances } = assign(products, members);
    fillEmpty(labels, distances, starts.length);
    rounds.push(labels);
    inertia = distances.reduce((total, value) => total + value, 0);
    const before = rounds.at(-2);
    if (before?.every((label, index) => label === labels[index])) break;
    members = starts.map((_, cluster) => indices(size).filter((index) => labels[index] === cluster));
  }
  // The last assignment only confirmed the one before.
  const confirmed = rounds.length > 1 ? rounds.slice(0, -1) : rounds;
  return { labels: confirmed.at(-1) ?? new Int32Array(size), rounds: confirmed, inertia };
}

/** k-means from several draws of k-means++ (Arthur and Vassilvitskii 2007); the one of smallest inertia. */
export function kMeansPlusPlus(products: Matrix, count: number, restarts: number, draws: Draws): Clusters {
  const tries = Array.from({ length: restarts }, () => kMeans(products, spreadStarts(products, count, draws)));
  return tries.reduce((best, one) => (one.inertia < best.inertia ? one : best));
}

/** Each start is drawn with a probability that grows with the squared distance to the nearest one before. */
function spreadStarts(products: Matrix, count: number, draws: Draws): number[] {
  const [size] = products.shape;
  const starts = [Math.floor(draws.uniform() * size)];
  while (starts.length < count) {
    const nearest = indices(size).map((index) => Math.min(...starts.map((start) => distance(products, index, start))));
    const total = nearest.reduce((sum, value) => sum + value, 0);
    let left = draws.uniform() * total;
    const drawn = nearest.findIndex((value) => {
      left -= value;
      return value > 0 && left <= 0;
    });
    // Points that coincide with a start leave nothing to draw from.
    starts.push(drawn >= 0 ? drawn : (indices(size).find((index) => !starts.includes(index)) ?? 0));
  }
  return starts;
}

function distance({ shape: [size], data }: Matrix, one: number, other: number): number {
  const at = (row: number, column: number) => data[row * size + column] ?? 0;
  return Math.max(0, at(one, one) - 2 * at(one, other) + at(other, other));
}

function assign({ shape: [size], data }: Matrix, members: readonly (readonly number[])[]) {
  const within = members.map((cluster) =>
    mean(cluster.flatMap((one) => cluster.map((other) => data[one * size + other] ?? 0))),
  );
  const labels = new Int32Array(size);
  const distances = new Float64Array(size);
  for (let index = 0; index < size; index++) {
    let least = Number.POSITIVE_INFINITY;
    for (const [cluster, own] of members.entries()) {
      const across = mean(own.map((other) => data[index * size + other] ?? 0));
      const squared = (data[index * size + index] ?? 0) - 2 * across + (within[cluster] ?? 0);
      if (squared >= least) continue;
      least = squared;
      labels[index] = cluster;
    }
    distances[index] = Math.max(0, least);
  }
  return { labels, distances };
}

function fillEmpty(labels: Int32Array, distances: Float64Array, count: number): void {
  for (let cluster = 0; cluster < count; cluster++) {
    if (labels.includes(cluster)) continue;
    const farthest = distances.indexOf(Math.max(...distances));
    labels[farthest] = cluster;
    distances[farthest] = 0;
  }
}

function indices(size: number): number[] {
  return Array.from({ length: size }, (_, index) => index);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
