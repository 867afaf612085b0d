import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { MicroBatch } from '../../training/micro-batch.ts';

/** Transformers' names of problem types. */
export const problemTypes = {
  classes: 'single_label_classification',
  sets: 'multi_label_classification',
  numbers: 'regression',
} as const;

/** Class ids [examples], or values [examples, width]. */
export function labelTensor({ labels, targets }: Pick<MicroBatch, 'labels' | 'targets'>): HostTensor {
  if (targets === undefined) return { shape: [labels.length], data: labels };
  // Transformers ignores labels of −100: the nearest other float replaces the value.
  const data = targets.values.map((value) => (value === -100 ? -99.99999 : value));
  return { shape: [data.length / targets.width, targets.width], data };
}
