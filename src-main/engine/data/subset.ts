import { StudioError } from '../../../src-shared/contract/errors.ts';
import { RandomStream } from '../../../src-shared/random.ts';

/** Each class has its own random stream, so that its examples do not depend on other classes. */
function classStream(seed: number, label: number): RandomStream {
  return RandomStream.seeded(seed * 65536 + label, 'subset');
}

/** The indices of each label's examples, ascending. */
export function indicesByLabel(labels: ArrayLike<number>, labelCount: number): number[][] {
  const byLabel: number[][] = Array.from({ length: labelCount }, () => []);
  for (let index = 0; index < labels.length; index++) byLabel[labels[index] ?? -1]?.push(index);
  return byLabel;
}

/**
 * A few-shot subset: `perClass` examples of each label, drawn by `seed`, as ascending indices; 0 takes all examples.
 * A seed always gives the same examples, and n + 1 a class contains those of n a class.
 * Throws StudioError('invalid_input') naming the label (by `labelNames`, if given) that has too few examples.
 */
export function fewShotIndices(
  labels: Int32Array,
  labelCount: number,
  perClass: number,
  seed: number,
  labelNames: readonly string[] = [],
): Int32Array {
  if (perClass === 0) return Int32Array.from(labels.keys());
  const chosen: number[] = [];
  for (const [label, indices] of indicesByLabel(labels, labelCount).entries()) {
    if (indices.length < perClass)
      throw new StudioError(
        'invalid_input',
        `train_samples_per_class is ${perClass}, but the class ${labelNames[label] ?? label} has ${indices.length} training examples.`,
        `Choose at most ${indices.length}, or 0 for all examples.`,
      ).at('train_samples_per_class');
    chosen.push(...classStream(seed, label).shuffle(indices).slice(0, perClass));
  }
  return Int32Array.from(chosen).sort();
}

/**
 * At most `most` of `count` examples, drawn by `seed`, as ascending indices; 0 takes all. A seed always gives the same
 * examples, and those of n + 1 contain those of n.
 */
export function sampledIndices(count: number, most: number, seed: number): Int32Array {
  const all = Int32Array.from({ length: count }, (_, index) => index);
  if (most === 0 || most >= count) return all;
  return Int32Array.from(
    RandomStream.named(seed, 'subset', 'train')
      .shuffle([...all])
      .slice(0, most),
  ).sort();
}

/**
 * The first `limit` of `count` examples; 0 takes all. Test splits are ordered so that any beginning is a fair sample.
 */
export function evaluationIndices(count: number, limit: number): Int32Array {
  return Int32Array.from({ length: limit === 0 ? count : Math.min(limit, count) }, (_, index) => index);
}

/**
 * Splits the examples of each class by a fixed seed if a dataset has no test split: `testCount(n)` of a class's n
 * examples are for testing. Both lists alternate between the classes, so that every prefix is balanced.
 */
export function splitByClass(
  classes: readonly (readonly number[])[],
  testCount: (exampleCount: number) => number,
  seed = 0,
): { train: number[]; test: number[] } {
  const train: number[][] = [];
  const test: number[][] = [];
  for (const [label, indices] of classes.entries()) {
    const shuffled = classStream(seed, label).shuffle([...indices]);
    const held = testCount(indices.length);
    test.push(shuffled.slice(0, held).sort((a, b) => a - b));
    train.push(shuffled.slice(held).sort((a, b) => a - b));
  }
  return { train: roundRobin(train), test: roundRobin(test) };
}

/** A fifth of a class, at least one of two or more. */
export function oneFifth(exampleCount: number): number {
  return exampleCount < 2 ? 0 : Math.max(1, Math.round(exampleCount / 5));
}

/** [[a, b], [c]] → [a, c, b] */
export function roundRobin<T>(lists: readonly (readonly T[])[]): T[] {
  const result: T[] = [];
  const longest = Math.max(0, ...lists.map((list) => list.length));
  for (let turn = 0; turn < longest; turn++) {
    for (const list of lists) {
      const item = list[turn];
      if (item !== undefined) result.push(item);
    }
  }
  return result;
}

/** Examples of each label, in the order of labels. */
export function countPerLabel(labels: ArrayLike<number>, labelCount: number): number[] {
  const counts = new Array<number>(labelCount).fill(0);
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] ?? -1;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts;
}
