import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { memoryRemedy, StudioError } from '../../../../src-shared/contract/errors.ts';
import { formatBytes } from '../../../../src-shared/format/bytes.ts';

/** Bytes of the tensors that live in tfjs's wasm memory, values that several tensors share counted once; tfjs counts them each. */
export class LiveBytes {
  private readonly sizes = new Map<object, number>();
  private live = 0;
  private peak = 0;
  /** Most that ever lived: WebAssembly's memory never shrinks, so that so much is there without asking the system. */
  private taken = 0;
  private limit = Number.POSITIVE_INFINITY;

  /** Counts from now on. */
  constructor(backend: BackendWasm) {
    const move = backend.move.bind(backend);
    backend.move = (dataId, values, shape, dtype, references) => {
      const bytes = dtype === 'string' ? 0 : tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
      if (this.live + bytes > this.limit) throw noMemoryFor(bytes);
      move(dataId, values, shape, dtype, references);
      this.sizes.set(dataId, bytes);
      this.live += bytes;
      this.peak = Math.max(this.peak, this.live);
      this.taken = Math.max(this.taken, this.live);
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

  /**
   * Refuses tensors from now on that would take more than `spareBytes` of the system's memory beside what was taken before, with
   * StudioError out_of_memory; null: any number.
   */
  keepWithin(spareBytes: number | null): void {
    this.limit = spareBytes === null ? Number.POSITIVE_INFINITY : this.taken + Math.max(0, spareBytes);
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

function noMemoryFor(bytes: number): StudioError {
  return new StudioError(
    'out_of_memory',
    `This machine has no memory left for the computation (${formatBytes(bytes)} more were requested).`,
    memoryRemedy,
  );
}
