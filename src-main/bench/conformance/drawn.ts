import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../src-shared/random.ts';
import type { OperationCase, TakeTensor, TakeValues } from './cases/operation-case.ts';

/** Values of each input of a case. */
export type Drawn = ReadonlyMap<string, readonly number[]>;

/** The same values on every machine and backend. */
export function draw({ shapes, spread = 1 }: OperationCase): Drawn {
  const random = RandomStream.seeded(11, 'study');
  const drawn = new Map<string, readonly number[]>();
  for (const [name, shape] of Object.entries(shapes))
    drawn.set(name, normal(tf.util.sizeFromShape([...shape]), spread, random));
  return drawn;
}

/** Rounded to float32, so that the reference sees what the tensors hold. */
export function normal(count: number, spread: number, random: RandomStream): number[] {
  return Array.from({ length: count }, () => Math.fround(random.normal() * spread));
}

export function taker(values: Drawn): TakeValues {
  return (name) => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`no input ${name}`);
    return found;
  };
}

export function tensorsOf({ shapes }: OperationCase, values: Drawn): TakeTensor {
  const take = taker(values);
  const made = new Map(
    Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(Float32Array.from(take(name)), [...shape])]),
  );
  return (name) => {
    const found = made.get(name);
    if (found === undefined) throw new Error(`no input ${name}`);
    return found;
  };
}

export async function readAndDispose(tensor: tf.Tensor): Promise<number[]> {
  try {
    return Array.from(await tensor.data());
  } finally {
    tensor.dispose();
  }
}
