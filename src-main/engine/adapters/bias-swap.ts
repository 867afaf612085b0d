import type { DeviceAdapter } from './device-adapter.ts';

/** Runs parts of a base with an adapter's biases in place of its own. */
export class BiasSwap {
  private isSwapped = false;

  /** A part that runs others swaps once: inner calls find the biases in place. */
  run<Result>(biases: DeviceAdapter['biases'], part: () => Result): Result {
    if (biases.length === 0 || this.isSwapped) return part();
    this.isSwapped = true;
    try {
      for (const { vector, standIn } of biases) vector.replace(standIn);
      return part();
    } finally {
      for (const { vector } of biases) vector.replace(null);
      this.isSwapped = false;
    }
  }
}
