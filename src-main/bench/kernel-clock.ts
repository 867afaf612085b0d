import * as tf from '@tensorflow/tfjs-core';

/**
 * Times the kernels of the active backend from outside: while it is on, every registered kernel is wrapped. Nested
 * kernels count once. The rest of a step is JavaScript: the tape, shapes, memory management, the optimizer's loop.
 */
export class KernelClock {
  private readonly originals: tf.KernelConfig[];
  private depth = 0;
  private total = 0;

  constructor() {
    const backendName = tf.getBackend();
    this.originals = tf.getKernelsForBackend(backendName);
    for (const original of this.originals) {
      tf.unregisterKernel(original.kernelName, backendName);
      tf.registerKernel({ ...original, kernelFunc: (parameters) => this.timed(() => original.kernelFunc(parameters)) });
    }
  }

  /** Milliseconds inside kernels so far. */
  get milliseconds(): number {
    return this.total;
  }

  /** Restores the kernels. */
  stop(): void {
    for (const original of this.originals) {
      tf.unregisterKernel(original.kernelName, original.backendName);
      tf.registerKernel(original);
    }
  }

  private timed<Result>(run: () => Result): Result {
    if (this.depth > 0) return run();
    this.depth = 1;
    const started = performance.now();
    try {
      return run();
    } finally {
      this.total += performance.now() - started;
      this.depth = 0;
    }
  }
}
