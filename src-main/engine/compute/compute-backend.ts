import type * as tf from '@tensorflow/tfjs-core';
import type { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Card, ComputeBackendReport, ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import type { StoredEncoding, StoredMatrix } from '../tensors/stored-matrix.ts';
import type { DecoderStep } from './decoder-step.ts';
import type { PassRecorder } from './pass-recorder.ts';

/** Result of probing a backend without running work on it. */
export interface ComputeProbe {
  readonly available: boolean;
  /** null without a device, like `device`. */
  readonly kind: ComputeBackendReport['kind'];
  readonly device: string | null;
  /** Available memory: that of the GPU, else of the machine. Omitted if unknown. */
  readonly memoryBytes?: number;
  /** Limits and abilities of the card; omitted without one. */
  readonly card?: Card;
  /** Reason why it can be used, or why not, with advice. */
  readonly reason: string;
}

/** Storage of matrices in their encoding; computations use their values as float32. */
export interface MatrixStorage {
  /** Encodings read as they are; tensors of other encodings become float32. */
  readonly encodings: readonly StoredEncoding[];
  /** True if 16-bit matrices stay encoded in small models too, because another copy gains nothing. */
  readonly keepsHalves: boolean;
  /** `finite`: whether no value is NaN or infinite. */
  store(matrix: StoredMatrix): Promise<{ readonly matrix: tf.Tensor; readonly finite: boolean }>;
  /**
   * Lets products by a stored matrix round it, and what it is multiplied by, to float16, with sums in float32, where that was timed to
   * be faster. Omitted if the backend never does.
   */
  allowFloat16?(matrix: tf.Tensor): Promise<void>;
  /**
   * Lets products by a frozen matrix, stored or not, run in 8-bit integers, with sums in 32 bits. Omitted if the backend never does;
   * only called if `int8` says that it can.
   */
  allowInt8?(matrix: tf.Tensor): void;
}

/** One compute backend of the engine: one file or folder each, listed in `index.ts`; `selection.ts` ranks them. */
export interface ComputeBackend {
  readonly id: ComputeId;
  /** True if values passed to tfjs are copied at once, so that their memory may be reused. */
  readonly copiesUploads?: boolean;
  /** True if values on its device can only be awaited, so that no pass may depend on them. */
  readonly isAsynchronous?: boolean;
  /** Cheap, and without lasting effect; never throws. */
  probe(): Promise<ComputeProbe>;
  /**
   * Activates it in tfjs, with `threads` if multi-threaded. Throws StudioError with the probe's reason if it is not
   * available.
   */
  activate(threads?: number): Promise<{ readonly device: string; readonly threads: number }>;
  /** Omitted if the backend keeps every matrix in float32. */
  readonly storage?: MatrixStorage;
  /**
   * All layers of a decoder for the next token of each row, in one call; gives the states after them, [batch, width], and writes
   * keys and values to the cache. Omitted if the backend runs them one by one.
   */
  decoderStep?(step: DecoderStep): tf.Tensor;
  /** Keeps what passes of training ask of the device. Omitted, or null before it runs, where nothing is kept. */
  passRecorder?(): PassRecorder | null;
  /**
   * Describes the method of products that `storage.allowFloat16` was called for; null before. Omitted if the backend
   * has none.
   */
  float16Products?(): string | null;
  /** Reason of a permanent failure, e.g. a lost device; null if it works. Explains later errors. */
  failure?(): StudioError | null;
  /** Reads again what memory may still be taken: a limit may have changed, and others may have taken theirs. Omitted without one. */
  followMemoryLimit?(): void;
  /** Omitted if the backend never supports bfloat16. */
  readonly bfloat16?: Bfloat16Support;
  /** Omitted if the backend has no matrix products of 8-bit integers. */
  readonly int8?: Int8Support;
  /** Peak bytes of tensors and their buffers since `reset`; omitted if unknown. */
  peakBytes?: { reset(): void; read(): number };
  /**
   * Best rate in GFLOPS of one product x [rows, inFeatures] · Wᵀ [inFeatures, outFeatures] by the library behind the
   * backend, called alone with the weight packed, null if unknown: the bench's reference for the backend's own rate.
   */
  measureLibraryGemm?(product: LibraryGemm): number | null;
}

export interface Bfloat16Support {
  /** True if the local processor has these instructions. */
  isAvailable(): boolean;
  /** True if bfloat16 was measured to be faster than float32; only called if supported. Measured once. */
  isFaster(): boolean;
}

export interface Int8Support {
  /** True if the local processor has exact products of 8-bit integers that are faster than those of float32. */
  isAvailable(): boolean;
}

export interface LibraryGemm {
  readonly rows: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bfloat16: boolean;
}

export function unavailable(reason: string): ComputeProbe {
  return { available: false, kind: null, device: null, reason };
}
