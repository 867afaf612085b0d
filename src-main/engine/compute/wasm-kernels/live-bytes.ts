import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** Bytes of the tensors that live in tfjs's wasm memory, values that several tensors share counted once; tfjs counts them each. */
export class LiveBytes {
  private readonly sizes = new Map<object, number>();
  private live = 0;
  private peak = 0;

  /** Counts from now on. */
  constructor(backend: BackendWasm) {
    const move = backend.move.bind(backend);
    backend.move = (dataId, values, shape, dtype, references) => {
      move(dataId, values, shape, dtype, references);
      const bytes = dtype === 'string' ? 0 : tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
      this.sizes.set(dataId, bytes);
      this.live += bytes;
      this.peak = Math.max(this.peak, this.live);
    };
    const disposeData = backend.disposeData.bind(backend);
    backend.disposeData = (dataId, force) => {
      const gone = disposeData(dataId, force);
      if (gone) {
        this.live -= this.sizes.get(dataId) ?? 0;
        this.sizes.delete(dataId);
      }
      return gone;
    };
  }

  /** Resets the peak to the live bytes. */
  reset(): void {
    this.peak = this.live;
  }

  /** Peak bytes since `reset`. */
  read(): number {
    return this.peak;
  }
}

/** Counts the tensors of the active wasm backend. */
export function countLiveBytes(): LiveBytes {
  const backend = tf.backend();
  if (!(backend instanceof BackendWasm)) throw new Error('only the wasm backend is counted here');
  return new LiveBytes(backend);
}
